"""Dependencies of the target: renamed at both ends, united where several became one, gone where they are internal."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, overlay, stated_fields
from novaplan.consolidation.conflicts import mapping, retirement
from novaplan.consolidation.logical_dbs import choice_for
from novaplan.consolidation.policy import DependencyChoice
from novaplan.consolidation.ports import moved_port
from novaplan.consolidation.roles import refuse_groups_in_two_roles
from novaplan.consolidation.rules import Rules
from novaplan.consolidation.variables import moved_reference
from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.parts import address, dependency_address
from novaplan.topology.wiring import Dependency, Pool

_PARTS = {"database": "database", "topic": "topic", "logical_db": "logical-db", "group": "consumer-group"}
"""Fields that name a part of the server, and of which kind it is."""


@dataclass(slots=True)
class Moved:
    """A dependency of the current topology, and what became of it so far."""

    old: Dependency
    new: Dependency
    stated: dict[str, Any]
    """What the policy states for it."""


class _Choices:
    """The policy's choices, found by client."""

    def __init__(self, work: Work) -> None:
        self.work = work

    @cached_property
    def _by_client(self) -> dict[str | None, list[tuple[int, DependencyChoice]]]:
        found: dict[str | None, list[tuple[int, DependencyChoice]]] = defaultdict(list)
        for position, choice in enumerate(self.work.policy.dependencies):
            found[choice.match.client].append((position, choice))
        return found

    def applied(self, edge: Dependency) -> tuple[Dependency, dict[str, Any]]:
        """``edge`` with what the policy states for it, and what that is."""
        stated: dict[str, Any] = {}
        known = self._by_client
        for position, choice in sorted([*known.get(edge.client, ()), *known.get(None, ())], key=lambda pair: pair[0]):
            if all(getattr(edge, name) == value for name, value in choice.match if value is not None):
                self.work.used_choices.add(position)
                values = stated_fields(choice.set)
                edge = overlay(edge, values)
                stated |= values
        return edge, stated


def merge_dependencies(work: Work) -> list[Dependency]:
    """Every dependency of the target but those the policy adds."""
    choices = _Choices(work)
    found: dict[tuple[str, ...], list[Moved]] = {}
    for edge in work.current.dependencies:
        renamed = _renamed(work, edge)
        if renamed is not None:
            changed, stated = choices.applied(renamed)
            moved = Moved(edge, changed, stated)
            _finish(work, moved)
            found.setdefault(moved.new.key, []).append(moved)
    _fold_reading(work, found)
    refuse_groups_in_two_roles(work, [(moved.old, moved.new) for versions in found.values() for moved in versions])
    merged = []
    for versions in found.values():
        target = _united(work, versions)
        for moved in versions:
            work.ledger.record(dependency_address(moved.old), dependency_address(target))
        merged.append(target)
    return merged


def _fold_reading(work: Work, found: dict[tuple[str, ...], list[Moved]]) -> None:
    """Writing includes reading: what one member reads and another writes, the merged service writes, over one pool. A
    member that keeps its reading apart from its writing goes on doing so."""
    for key in sorted(key for key in found if key[2] == "reads" and work.is_merge(key[0])):
        writing = found.get((*key[:2], "writes", *key[3:]))
        if writing is not None and not {item.old.client for item in found[key]} & {item.old.client for item in writing}:
            for moved in found.pop(key):
                moved.new = replace(moved.new, mode="writes")
                writing.append(moved)


def _renamed(work: Work, edge: Dependency) -> Dependency | None:
    """The edge between what its ends became; None when it is gone, which the ledger or a conflict then says."""
    part = dependency_address(edge)
    if work.retires(part):
        return None
    client, server = work.new_name(edge.client), work.new_name(edge.server)
    if client is None or server is None:
        gone = edge.client if client is None else edge.server
        work.ledger.retire(part, f"{gone} is retired")  # the conflict is told once
        work.conflicts.add(part, f"{gone} is retired, but this dependency is not", retirement(part))
        return None
    if client == server:
        _internal(work, edge, part, client)
        return None
    changes: dict[str, Any] = {"client": client, "server": server}
    choice = choice_for(work, edge.client, edge.server, edge.logical_db) if edge.logical_db is not None else None
    if choice is not None:
        changes["logical_db"] = choice.index
        if choice.keys == "prefixed":
            # The prefix is the member's own name, so the prefixes it had before follow it.
            old = edge.key_prefixes or ("",)
            changes["key_prefixes"] = tuple(sorted(f"{edge.client}:{prefix}" for prefix in old))
    return replace(edge, **changes)


def _internal(work: Work, edge: Dependency, part: str, name: str) -> None:
    group = work.group_of.get(edge.client)
    if group is None:  # two datastores that became one
        work.ledger.internal(part, f"both ends are {name} now")
        return
    if group.internal is None:
        work.conflicts.add(
            part,
            f"{edge.client} calls {edge.server}, and both become {name}",
            f"groups[{name}].internal: in-process, or groups[{name}].internal: loopback",
        )
    how = "a call over the loopback interface" if group.internal == "loopback" else "a function call"
    work.ledger.internal(part, f"{how} inside {name}")


def _finish(work: Work, moved: Moved) -> None:
    """What the policy leaves open: the port and the secret, which follow the server and the client."""
    edge, part, stated = moved.old, dependency_address(moved.old), moved.stated
    changes: dict[str, Any] = {}
    if edge.secret is not None and "secret" not in stated:
        settle = _settle([moved.new], "secret")
        changes["secret"] = moved_reference(work, edge.client, edge.secret, part, settle)
    if edge.port is not None and "port" not in stated:
        port = moved_port(work, edge.server, edge.port)
        changes["port"] = port or edge.port
        if port is None:
            work.conflicts.add(part, f"it calls port {edge.port}, which is retired", _settle([moved.new], "port"))
    if changes:
        moved.new = replace(moved.new, **changes)
    _refuse_lost_parts(work, moved, part)
    if edge.database is not None and moved.new.database != edge.database:
        into = [address("database", moved.new.server, name or "") for name in (edge.database, moved.new.database)]
        work.rewired[moved.new.client, into[0]] = into[1]


def _refuse_lost_parts(work: Work, moved: Moved, part: str) -> None:
    """A dependency on a part of a datastore that is retired, unless another of that name takes its place."""
    if not work.retired:
        return
    old, new = moved.old, moved.new
    used: list[tuple[str, list[Any], list[Any]]] = [
        (kind, [getattr(old, field)], [getattr(new, field)]) for field, kind in _PARTS.items()
    ]
    used += [("schema", [old.database, name], [new.database, name]) for name in old.schemas if name in new.schemas]
    for kind, before, after in used:
        if None in before or None in after:
            continue
        lost = address(kind, old.server, *before) in work.retired
        if lost and address(kind, new.server, *after) not in work.store_parts:
            work.conflicts.add(part, f"it uses {kind} {before[-1]!r}, which is retired", retirement(part))


def _settle(edges: Sequence[Dependency], setting: str) -> str:
    """The line that states ``setting`` for all of ``edges``: it matches by what they have in common."""
    field, _, inner = setting.partition(".")
    value = f"{{max: ..., {inner}: ...}}" if inner and inner != "max" else f"{{{inner}: ...}}" if inner else "..."
    names = ("client", "server", "mode", "database", "logical_db", "topic", "group")
    common = {name: {getattr(edge, name) for edge in edges} for name in names}
    stated = {name: values.pop() for name, values in common.items() if len(values) == 1 and None not in values}
    return f"dependencies: [{{match: {mapping(stated)}, set: {{{field}: {value}}}}}]"


def _united(work: Work, versions: Sequence[Moved]) -> Dependency:
    if len(versions) == 1:
        return versions[0].new
    client = versions[0].new.client
    group = work.groups.get(client)
    rules = work.policy.rules_of(group) if group else work.policy.rules
    # The primary member's edge comes first, as everywhere.
    ordered = sorted(versions, key=lambda moved: (group is None or moved.old.client != group.lead, moved.old.key))
    first = ordered[0].new
    # Choices match before reading is folded into writing.
    news = [replace(moved.new, mode=moved.old.mode) for moved in ordered]
    combiner = Combiner(dependency_address(first), lambda setting: _settle(news, setting), work.conflicts)
    edges = [Said(moved.old.client, moved.new) for moved in ordered]
    prefixes = [moved.new.key_prefixes for moved in ordered]
    values: dict[str, Any] = {
        "evidence": (),
        "schemas": tuple(sorted({name for said in edges for name in said.value.schemas})),
        # One member whose prefixes are not known may write any key.
        "key_prefixes": tuple(sorted({item for items in prefixes for item in items})) if all(prefixes) else (),
        "optional": all(said.value.optional for said in edges),
        "possible": all(said.value.possible for said in edges),
    }
    for field, rule in _rule_of(rules, first).items():
        said = [Said(item.member, getattr(item.value, field)) for item in edges]
        values[field] = _pool(combiner, rule, said) if field == "pool" else combiner.by(rule, field, said)
    stated = {name: value for moved in ordered for name, value in moved.stated.items()}
    # What is stated is no share of a sum.
    return overlay(replace(first, **values), stated)


def _rule_of(rules: Rules, edge: Dependency) -> dict[str, str]:
    same = dict.fromkeys(("protocol", "user", "secret", "port"), "same")
    return {
        **same,
        # Within one consumer group it is a matter of roles, which are looked at for all clients together.
        "handler": "primary" if edge.mode == "consumes" and edge.group is not None else "same",
        "pool": rules.pools,
        "timeout": rules.timeouts,
        "retries": rules.retries,
        "circuit_breaker": rules.circuit_breaker,
    }


def _pool(combiner: Combiner, rule: str, said: Sequence[Said]) -> Pool | None:
    """Sizes combine by rule; what else a pool has must agree."""
    pools = [item for item in said if item.value is not None]
    if not pools:
        return None
    if rule in ("same", "primary"):
        found: Pool | None = combiner.by(rule, "pool", pools)
        return found
    values = {"max": combiner.by(rule, "pool.max", [Said(item.member, item.value.max) for item in pools])}
    for field in ("idle_timeout", "max_lifetime", "acquire_timeout"):
        stated = [Said(item.member, getattr(item.value, field)) for item in pools]
        values[field] = combiner.by("same", f"pool.{field}", stated)
    first: Pool = pools[0].value
    return replace(first, **values)
