"""N services become one."""

from collections.abc import Callable, Sequence
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, overlay, stated_fields
from novaplan.consolidation.containers import merge_containers
from novaplan.consolidation.policy import Group, Rules
from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.parts import address
from novaplan.topology.service import (
    Autoscaling,
    FeatureFlag,
    Port,
    Resilience,
    Service,
    Spread,
    Startup,
    Termination,
    Volume,
)

_STRICTNESS = ("none", "preferred", "required")
_IN_CONTAINER = {"image", "command", "resources", "probes", "env"}


def merge_services(work: Work) -> list[Service]:
    """Every service of the target."""
    return [_merge(work, group) for group in work.policy.groups]


def _merge(work: Work, group: Group) -> Service:
    members = [work.current.service[name] for name in (group.lead, *_others(group))]
    rules, settings = work.policy.rules_of(group), group.settings
    combiner = work.combiner(address("service", group.name), f"groups[{group.name}].settings")
    for member in members:
        work.ledger.record(address("service", member.name), address("service", group.name))

    base = replace(members[0], name=group.name, **_plain(group, members, rules, combiner))
    # What stands in the container, and the lists of named things, are combined item by item below.
    apart = {*_IN_CONTAINER, "flags", "ports", "aliases"}
    service = overlay(base, {name: value for name, value in stated_fields(settings).items() if name not in apart})
    service = replace(
        service,
        flags=_flags(work, group, members, combiner),
        ports=_ports(work, group, members, rules, combiner),
        volumes=_volumes(work, group, members, combiner),
        containers=merge_containers(work, group, members, rules, combiner),
        aliases=_aliases(group, members),
        startup=_without_members(work, group, service.startup),
    )
    work.namespaces[group.name] = service.namespace
    return service


def _others(group: Group) -> list[str]:
    return [name for name in group.members if name != group.lead]


def _plain(group: Group, members: Sequence[Service], rules: Rules, combiner: Combiner) -> dict[str, Any]:
    """The settings that are one value each; those the policy states are left to it."""
    if len(members) == 1:
        return {}

    def by(rule: str, field: str) -> Any:
        return combiner.by(rule, field, [Said(member.name, getattr(member, field)) for member in members])

    makers: dict[str, Callable[[], Any]] = {
        "description": lambda: "; ".join(dict.fromkeys(m.description for m in members if m.description)),
        "namespace": lambda: by(rules.namespace, "namespace"),
        "team": lambda: by(rules.team, "team"),
        "workload": lambda: by(rules.workload, "workload"),
        "language": lambda: by("same", "language"),
        "framework": lambda: by(rules.framework, "framework"),
        "optional": lambda: all(member.optional for member in members),
        "replicas": lambda: by(rules.replicas, "replicas"),
        "processes": lambda: by(rules.processes, "processes"),
        "autoscaling": lambda: _autoscaling(members, rules, by),
        "rollout": lambda: by(rules.rollout, "rollout"),
        "disruption_budget": lambda: by(rules.disruption_budget, "disruption_budget"),
        "spread": lambda: _spread(members, rules, by),
        "startup": lambda: _startup(members),
        "termination": lambda: _termination(members, rules, by),
    }
    stated = group.settings.model_fields_set
    values = {field: make() for field, make in makers.items() if field not in stated}
    values["resilience"] = _resilience(group, members, rules, combiner)
    values["codebases"] = _codebases(members, combiner)
    values["declared"] = ()
    return values


def _autoscaling(members: Sequence[Service], rules: Rules, by: Callable[[str, str], Any]) -> Autoscaling | None:
    if rules.autoscaling != "widest":
        found: Autoscaling | None = by(rules.autoscaling, "autoscaling")
        return found
    scaled = [member.autoscaling for member in members if member.autoscaling]
    if not scaled:
        return None
    floors = [member.autoscaling.min if member.autoscaling else max(member.replicas, 1) for member in members]
    tops = [member.autoscaling.max if member.autoscaling else max(member.replicas, 1) for member in members]
    cpu = [item.cpu_percent for item in scaled if item.cpu_percent is not None]
    memory = [item.memory_percent for item in scaled if item.memory_percent is not None]
    return Autoscaling(
        min=max(floors),
        max=max(tops),
        cpu_percent=min(cpu, default=None),
        memory_percent=min(memory, default=None),
    )


def _spread(members: Sequence[Service], rules: Rules, by: Callable[[str, str], Any]) -> Spread:
    if rules.spread == "strictest":
        return max((member.spread for member in members), key=lambda spread: _STRICTNESS.index(spread.anti_affinity))
    found: Spread = by(rules.spread, "spread")
    return found


def _startup(members: Sequence[Service]) -> Startup:
    tiers = [member.startup.tier for member in members if member.startup.tier is not None]
    waits = {name for member in members for name in member.startup.wait_for}
    return Startup(tier=max(tiers, default=None), wait_for=tuple(waits))


def _termination(members: Sequence[Service], rules: Rules, by: Callable[[str, str], Any]) -> Termination:
    if rules.termination != "longest":
        found: Termination = by(rules.termination, "termination")
        return found
    drains = [member.termination.drain for member in members if member.termination.drain is not None]
    return members[0].termination.model_copy(
        update={
            "grace": max(member.termination.grace for member in members),
            "pre_stop": max(member.termination.pre_stop for member in members),
            "drain": max(drains, default=None),
        }
    )


def _resilience(group: Group, members: Sequence[Service], rules: Rules, combiner: Combiner) -> Resilience:
    """Field by field; those that the policy states are laid over afterwards."""
    rule_of = {
        "timeout": rules.timeouts,
        "connect_timeout": rules.timeouts,
        "circuit_breaker": rules.circuit_breaker,
        "retries": rules.retries,
        "connection_pool": rules.connection_pool,
        "queue": rules.connection_pool,
    }
    stated = group.settings.resilience.model_fields_set if group.settings.resilience else set()
    values = {}
    for field, rule in rule_of.items():
        if field in stated:
            continue
        said = [Said(member.name, getattr(member.resilience, field)) for member in members]
        values[field] = combiner.by(rule, f"resilience.{field}", said)
    return members[0].resilience.model_copy(update=values)


def _codebases(members: Sequence[Service], combiner: Combiner) -> tuple[Any, ...]:
    """A codebase that several members are built from counts once."""
    items = [Said(member.name, codebase) for member in members for codebase in member.codebases]
    return tuple(sorted(combiner.keyed("same", "codebases", items, lambda item: item.name), key=lambda item: item.name))


def _flags(work: Work, group: Group, members: Sequence[Service], combiner: Combiner) -> tuple[FeatureFlag, ...]:
    own = {flag.name for flag in group.settings.flags}
    items = [Said(member.name, flag) for member in members for flag in member.flags]
    for said in items:
        part = address("flag", said.member, said.value.name)
        if not work.retires(part):
            work.ledger.record(part, address("flag", group.name, said.value.name))
    kept = [s for s in items if s.value.name not in own and address("flag", s.member, s.value.name) not in work.retired]
    united = combiner.keyed("same", "flags", kept, lambda flag: flag.name)
    return tuple(sorted([*united, *group.settings.flags], key=lambda flag: flag.name))


def _ports(work: Work, group: Group, members: Sequence[Service], rules: Rules, combiner: Combiner) -> tuple[Port, ...]:
    found: dict[str, Port] = {port.name: port for port in group.settings.ports}
    stated = set(found)
    owner: dict[str, str] = {}
    for member in members:
        for port in member.ports:
            part = address("port", member.name, port.name)
            if work.retires(part):
                continue
            work.ports[member.name, port.name] = port.name
            work.ledger.record(part, address("port", group.name, port.name))
            known = found.setdefault(port.name, port)
            owner.setdefault(port.name, member.name)
            if known != port and port.name not in stated and rules.ports != "fold":
                combiner.conflicts.add(
                    address("port", group.name, port.name),
                    f"{owner[port.name]} listens on {known.port} and {member.name} on {port.port} as {port.name!r}",
                    f"groups[{group.name}].rules.ports: fold, or groups[{group.name}].settings.ports",
                )
    _refuse_shared_numbers(group, found, combiner)
    return tuple(sorted(found.values(), key=lambda port: port.name))


def _refuse_shared_numbers(group: Group, ports: dict[str, Port], combiner: Combiner) -> None:
    taken: dict[tuple[int, bool], str] = {}
    for name in sorted(ports):
        port = ports[name]
        first = taken.setdefault((port.listens_on, port.protocol == "udp"), name)
        if first != name:
            combiner.conflicts.add(
                address("port", group.name, name),
                f"{first!r} and {name!r} both listen on {port.listens_on}",
                f"groups[{group.name}].settings.ports",
            )


def _volumes(work: Work, group: Group, members: Sequence[Service], combiner: Combiner) -> tuple[Volume, ...]:
    items = []
    for member in members:
        for volume in member.volumes:
            part = address("volume", member.name, volume.name)
            if not work.retires(part):
                work.ledger.record(part, address("volume", group.name, volume.name))
                items.append(Said(member.name, volume))
    return tuple(sorted(combiner.keyed("same", "volumes", items, lambda item: item.name), key=lambda item: item.name))


def _aliases(group: Group, members: Sequence[Service]) -> tuple[str, ...]:
    names = {alias for member in members for alias in member.aliases} | set(group.settings.aliases)
    if group.keep_names:
        names |= {member.name for member in members}
    return tuple(sorted(names - {group.name}))


def _without_members(work: Work, group: Group, startup: Startup) -> Startup:
    """Names of the target; a service does not wait for what it has become itself."""
    names = {work.new_name(name) or name for name in startup.wait_for} - {group.name}
    return startup.model_copy(update={"wait_for": tuple(sorted(names))})
