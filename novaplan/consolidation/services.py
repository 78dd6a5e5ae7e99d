"""N services become one: everything but their containers, which ``containers`` fills in."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, overlay, stated_fields
from novaplan.consolidation.policy import Group
from novaplan.consolidation.ports import merge_ports
from novaplan.consolidation.rules import Rules
from novaplan.consolidation.scaling import agree_on_scaling, effective_replicas, refuse_blocking, widest
from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.parts import address
from novaplan.topology.service import Resilience, Service, Spread, Startup, Termination

_STRICTNESS = ("none", "preferred", "required")
_APART = {"image", "command", "resources", "probes", "env", "containers", "flags", "ports", "volumes", "codebases"}
"""What stands in a container, and the lists of named things, are combined item by item."""
_PART_OF = {"flags": "flag", "volumes": "volume"}


def merge_services(work: Work) -> list[Service]:
    """Every service of the target, without its containers."""
    services = [_merge(work, group) for group in work.policy.groups]
    _refuse_stolen_names(work)
    return services


def combiner_of(work: Work, group: Group) -> Combiner:
    """What combines the settings of a group."""

    def settle(setting: str) -> str:
        return f"groups[{group.name}].settings.{setting}" + ("" if ": " in setting else ": ...")

    return Combiner(subject=address("service", group.name), settle=settle, conflicts=work.conflicts)


def members_of(work: Work, group: Group) -> list[Service]:
    """The members, the primary first."""
    return [work.current.service[name] for name in (group.lead, *group.others)]


def _merge(work: Work, group: Group) -> Service:
    members, rules, combiner = members_of(work, group), work.policy.rules_of(group), combiner_of(work, group)
    for member in members:
        work.ledger.record(address("service", member.name), address("service", group.name))
    plain = {name: value for name, value in stated_fields(group.settings).items() if name not in {*_APART, "aliases"}}
    moved = [replace(member, startup=_awaiting(work, group, member)) for member in members]
    base = replace(moved[0], name=group.name)
    if len(members) > 1:
        # Stated values are laid over every member first, so that the rules see only what is left to them.
        laid = [overlay(replace(member, replicas=effective_replicas(member)), plain) for member in moved]
        base = replace(base, **_combined(laid, rules, combiner))
    service = replace(
        overlay(base, plain),
        flags=_named(work, group, members, "flags", combiner),
        codebases=_named(work, group, members, "codebases", combiner),
        volumes=_named(work, group, members, "volumes", combiner),
        ports=merge_ports(work, group, members),
        aliases=_aliases(group, members),
        containers=(),
    )
    service = agree_on_scaling(service, set(plain), len(members) > 1, combiner)
    if len(members) > 1 or "replicas" in plain:
        refuse_blocking(service, members, plain, combiner)
    work.namespaces[group.name] = service.namespace
    return service


def _combined(members: Sequence[Service], rules: Rules, combiner: Combiner) -> dict[str, Any]:
    """The settings that are one value each."""

    def by(rule: str, field: str) -> Any:
        return combiner.by(rule, field, [Said(member.name, getattr(member, field)) for member in members])

    _refuse_runtimes(members, combiner)
    _refuse_strategies(members, rules, combiner)
    agreed = {field: by(getattr(rules, field), field) for field in ("namespace", "team", "workload", "framework")}
    plain = {field: by(getattr(rules, field), field) for field in ("processes", "rollout", "disruption_budget")}
    return {
        **agreed,
        **plain,
        "description": "; ".join(dict.fromkeys(member.description for member in members if member.description)),
        "language": next((member.language for member in members if member.language is not None), None),
        "optional": all(member.optional for member in members),
        "replicas": by(rules.replicas, "replicas"),
        "autoscaling": widest(members, rules)
        if rules.autoscaling == "widest"
        else by(rules.autoscaling, "autoscaling"),
        "spread": _spread(members) if rules.spread == "strictest" else by(rules.spread, "spread"),
        "startup": _startup(members),
        "termination": _longest(members) if rules.termination == "longest" else by(rules.termination, "termination"),
        "resilience": _resilience(members, rules, combiner),
        "declared": (),
    }


def _refuse_runtimes(members: Sequence[Service], combiner: Combiner) -> None:
    spoken = [member for member in members if member.language is not None]
    if len({member.language for member in spoken}) > 1:
        told = ", ".join(f"{member.language} ({member.name})" for member in spoken)
        settle = f"{combiner.settle('language')}, or a group for each runtime"
        combiner.conflicts.add(combiner.subject, f"different runtimes cannot become one process: {told}", settle)


def _refuse_strategies(members: Sequence[Service], rules: Rules, combiner: Combiner) -> None:
    strategies = [Said(member.name, member.rollout.strategy) for member in members]
    if rules.rollout != "same":  # which sees it too
        combiner.agreed("rollout.strategy", strategies)


def _spread(members: Sequence[Service]) -> Spread:
    return max((member.spread for member in members), key=lambda spread: _STRICTNESS.index(spread.anti_affinity))


def _awaiting(work: Work, group: Group, member: Service) -> Startup:
    """What a member waits for by the names of the target; a service does not wait for what it has become itself."""
    names = set()
    for name in member.startup.wait_for:
        new = work.new_name(name)
        if new is not None:
            names.add(new)
        elif group.settings.startup is None or "wait_for" not in group.settings.startup.model_fields_set:
            work.conflicts.add(
                address("service", group.name),
                f"{member.name} waits for {name}, which is retired",
                f"groups[{group.name}].settings.startup.wait_for: [...]",
            )
    return replace(member.startup, wait_for=tuple(sorted(names - {group.name})))


def _startup(members: Sequence[Service]) -> Startup:
    tiers = [member.startup.tier for member in members if member.startup.tier is not None]
    waits = {name for member in members for name in member.startup.wait_for}
    return replace(members[0].startup, tier=max(tiers, default=None), wait_for=tuple(sorted(waits)))


def _longest(members: Sequence[Service]) -> Termination:
    """The pause comes first, then the work: a grace period that holds both for every member."""
    endings = [member.termination for member in members]
    pause = max(ending.pre_stop for ending in endings)
    drains = [ending.drain for ending in endings if ending.drain is not None]
    grace = pause + max(ending.grace - ending.pre_stop for ending in endings)
    return replace(endings[0], grace=grace, pre_stop=pause, drain=max(drains, default=None))


def _resilience(members: Sequence[Service], rules: Rules, combiner: Combiner) -> Resilience:
    rule_of = {
        "timeout": rules.timeouts,
        "connect_timeout": rules.timeouts,
        "circuit_breaker": rules.circuit_breaker,
        "retries": rules.retries,
        "connection_pool": rules.connection_pool,
        "queue": rules.connection_pool,
    }
    values = {}
    for field, rule in rule_of.items():
        said = [Said(member.name, getattr(member.resilience, field)) for member in members]
        values[field] = combiner.by(rule, f"resilience.{field}", said)
    return replace(members[0].resilience, **values)


def _named(work: Work, group: Group, members: Sequence[Service], field: str, combiner: Combiner) -> tuple[Any, ...]:
    """Things with a name: the members' are united and must agree, the policy's stand in place of theirs."""
    own = {item.name: item for item in getattr(group.settings, field)}
    kind = _PART_OF.get(field)
    items = []
    for member in members:
        for item in getattr(member, field):
            if kind is not None:
                part = address(kind, member.name, item.name)
                if work.retires(part):
                    continue
                work.ledger.record(part, address(kind, group.name, item.name))
            if item.name not in own:
                items.append(Said(member.name, item))
    return tuple(sorted([*combiner.keyed("same", field, items), *own.values()], key=attrgetter("name")))


def _aliases(group: Group, members: Sequence[Service]) -> tuple[str, ...]:
    further = {alias for member in members[1:] for alias in member.aliases} | set(group.settings.aliases)
    if group.keep_names:
        further |= {member.name for member in members} - {group.name}
    own = members[0].aliases
    return tuple(sorted([*own, *further.difference(own)]))


def _refuse_stolen_names(work: Work) -> None:
    """The old name of a member may be the name of something else in the target."""
    taken = {*work.groups, *work.store_name.values(), *work.current.external}
    for group in work.policy.groups:
        for name in sorted(set(group.members) & taken - {group.name}) if group.keep_names else ():
            work.conflicts.add(
                address("service", group.name),
                f"it keeps the name {name!r}, which is also the name of something else in the target",
                f"groups[{group.name}].keep_names: false",
            )
