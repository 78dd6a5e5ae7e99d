"""Dependencies of the target: renamed at both ends, united where several became one, gone where they are internal."""

from collections.abc import Sequence
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, stated_fields
from novaplan.consolidation.datastores import choice_for
from novaplan.consolidation.policy import DependencyChoice, Rules
from novaplan.consolidation.work import Work, secret_id
from novaplan.topology.base import replace
from novaplan.topology.parts import dependency_address
from novaplan.topology.wiring import Dependency, Pool


def merge_dependencies(work: Work) -> list[Dependency]:
    """Every dependency of the target, those the policy adds included."""
    found: dict[tuple[str, ...], list[tuple[Dependency, Dependency, set[str]]]] = {}
    for edge in work.current.dependencies:
        renamed = _renamed(work, edge)
        if renamed is not None:
            changed, settled = _settled(work, renamed)
            found.setdefault(changed.key, []).append((edge, changed, settled))
    merged = []
    for versions in found.values():
        target = _united(work, versions)
        for edge, _, _ in versions:
            work.ledger.record(dependency_address(edge), dependency_address(target))
        merged.append(target)
    _refuse_groups_in_two_roles(work, merged)
    return [*merged, *work.policy.add.dependencies]


def _renamed(work: Work, edge: Dependency) -> Dependency | None:
    """The edge between what its ends became; None when it is gone, which the ledger then knows."""
    part = dependency_address(edge)
    client, server = work.new_name(edge.client), work.new_name(edge.server)
    if work.retires(part):
        return None
    if client is None or server is None:
        gone = edge.client if client is None else edge.server
        work.ledger.retire(part, f"{gone} is retired")
        return None
    if client == server:
        _internal(work, edge, part, client)
        return None
    changes: dict[str, Any] = {"client": client, "server": server}
    if edge.logical_db is not None and (choice := choice_for(work, edge.client, server)):
        changes["logical_db"] = choice.index
        if choice.keys == "prefixed":
            # The prefix is the member's own name, so the prefixes it had before follow it.
            old = edge.key_prefixes or ("",)
            changes["key_prefixes"] = tuple(sorted(f"{edge.client}:{prefix}" for prefix in old))
    if edge.secret is not None:
        owner = work.current.service.get(edge.client) or work.current.datastore.get(edge.client)
        secret = work.secret(edge.secret.name, owner.namespace if owner else None)
        if secret is not None:
            changes["secret"] = replace(edge.secret, name=work.secret_places[secret_id(secret)].name)
    if edge.port is not None:
        changes["port"] = _port(work, edge)
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
            f"groups[{name}].internal: in-process, or loopback",
        )
    how = "a call over the loopback interface" if group.internal == "loopback" else "a function call"
    work.ledger.internal(part, f"{how} inside {name}")


def _port(work: Work, edge: Dependency) -> int | None:
    """The number the server's port has in the target."""
    server = work.current.service.get(edge.server)
    port = next((port for port in server.ports if port.port == edge.port), None) if server else None
    if server is None or port is None:
        return edge.port
    merged = work.services.get(work.group_of[server.name].name)
    name = work.ports.get((server.name, port.name))
    return next((item.port for item in merged.ports if item.name == name), edge.port) if merged else edge.port


def _settled(work: Work, edge: Dependency) -> tuple[Dependency, set[str]]:
    """The edge with what the policy states for it, and which fields those are."""
    settled: set[str] = set()
    for choice in work.policy.dependencies:
        if _matches(choice, edge):
            values = stated_fields(choice.set)
            edge = replace(edge, **values)
            settled |= values.keys()
    return edge, settled


def _matches(choice: DependencyChoice, edge: Dependency) -> bool:
    return all(getattr(edge, name) == value for name, value in choice.match if value is not None)


def _united(work: Work, versions: Sequence[tuple[Dependency, Dependency, set[str]]]) -> Dependency:
    first = versions[0][1]
    if len(versions) == 1:
        return first if not _is_merge(work, first.client) else replace(first, evidence=())
    settled = set.union(*(fields for _, _, fields in versions))
    group = next((group for group in work.policy.groups if group.name == first.client), None)
    rules = work.policy.rules_of(group) if group else work.policy.rules
    path = f"dependencies: [{{match: {{client: {first.client}, server: {first.server}}}, set: ...}}], field"
    combiner = work.combiner(dependency_address(first), path)
    # The primary member's edge comes first, as everywhere.
    lead = group.lead if group else None
    ordered = sorted(versions, key=lambda version: (version[0].client != lead, version[0].key))
    edges = [Said(old.client, new) for old, new, _ in ordered]
    values: dict[str, Any] = {"evidence": ()}
    for field in ("schemas", "key_prefixes"):
        values[field] = tuple(sorted({item for said in edges for item in getattr(said.value, field)}))
    values["optional"] = all(said.value.optional for said in edges)
    values["possible"] = all(said.value.possible for said in edges)
    for field, rule in _rule_of(rules).items():
        if field not in settled:
            said = [Said(item.member, getattr(item.value, field)) for item in edges]
            values[field] = _pool(combiner, rule, said) if field == "pool" else combiner.by(rule, field, said)
    return replace(ordered[0][1], **values)


def _rule_of(rules: Rules) -> dict[str, str]:
    same = dict.fromkeys(("handler", "protocol", "user", "secret"), "same")
    return {
        **same,
        "port": "same",
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
    for field in ("idle_timeout", "acquire_timeout"):
        stated = [Said(item.member, getattr(item.value, field)) for item in pools]
        values[field] = combiner.by("same", f"pool.{field}", stated)
    first: Pool = pools[0].value
    return replace(first, **values)


def _is_merge(work: Work, name: str) -> bool:
    return len(work.members.get(name, ())) > 1


def _refuse_groups_in_two_roles(work: Work, edges: Sequence[Dependency]) -> None:
    """A message goes to one member of a consumer group: two that handle it differently would each lose some."""
    consumers: dict[tuple[str, str], list[Dependency]] = {}
    for edge in edges:
        if edge.mode == "consumes" and edge.group is not None:
            consumers.setdefault((edge.server, edge.group), []).append(edge)
    for (server, group), found in sorted(consumers.items()):
        roles = {(edge.client, edge.handler) for edge in found}
        topics = {edge.topic for edge in found}
        handlers_by_topic = {topic: {(e.client, e.handler) for e in found if e.topic == topic} for topic in topics}
        clients = sorted({edge.client for edge in found})
        shared = any(len(handlers) > 1 for handlers in handlers_by_topic.values()) or len(clients) > 1
        if len(roles) > 1 and shared and any(_is_merge(work, client) for client in clients):
            work.conflicts.add(
                f"consumer-group:{server}/{group}",
                f"{group} is in two roles: {', '.join(_role(edge) for edge in sorted(found, key=lambda e: e.key))}",
                f"dependencies: [{{match: {{client: {clients[-1]}, group: {group}}}, set: {{group: ...}}}}]",
            )


def _role(edge: Dependency) -> str:
    return f"{edge.client} ({edge.handler or edge.topic or 'any topic'})"
