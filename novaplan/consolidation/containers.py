"""The containers of a merged service: one main container, and every sidecar and init container."""

from collections.abc import Sequence
from itertools import chain, count
from operator import attrgetter
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, overlay, stated_fields
from novaplan.consolidation.policy import Group
from novaplan.consolidation.ports import moved_probes
from novaplan.consolidation.services import combiner_of, members_of
from novaplan.consolidation.variables import called_member, calls_members_only, moved_variable
from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.parts import address
from novaplan.topology.service import Compute, Container, EnvVar, Probes, Resources, Service

_IN_CONTAINER = ("image", "command", "resources", "probes")


def with_containers(work: Work, service: Service) -> Service:
    """``service`` with the containers of its members: the main ones become one, the others are united by name and must
    agree where a name is taken twice."""
    group = work.groups[service.name]
    members, combiner = members_of(work, group), combiner_of(work, group)
    name = _main_name(group, members)
    mains, helpers = [], []
    own = {container.name: container for container in group.settings.containers}
    for member in members:
        for container in member.containers:
            part = address("container", member.name, container.name)
            if work.retires(part):
                continue
            is_main = container.kind == "main"
            work.ledger.record(part, address("container", group.name, name if is_main else container.name))
            if is_main:
                mains.append(Said(member.name, container))
            else:
                env = _env(work, group, [Said(member.name, container)], container.name, (), "same", combiner)
                if container.name not in own:
                    probes = moved_probes(work, member.name, container)
                    helpers.append(Said(member.name, replace(container, env=env, probes=probes)))
    united = [*combiner.keyed("same", "containers", helpers), *own.values()]
    main = _main(work, group, name, mains, members, combiner)
    return replace(service, containers=tuple(sorted([*united, *([main] if main else [])], key=attrgetter("name"))))


def _main_name(group: Group, members: Sequence[Service]) -> str:
    """Named like its service where it was, so that a renamed service does not keep half of its old name."""
    taken = {container.name for member in members for container in member.containers if container.kind != "main"}
    taken |= {container.name for container in group.settings.containers}
    mains = [(member, member.main) for member in members if member.main is not None]
    if mains and len(members) == 1 and mains[0][1].name != mains[0][0].name:
        return mains[0][1].name
    free = chain([group.name], (main.name for _, main in mains), (f"main-{number}" for number in count(1)))
    return next(name for name in free if name not in taken)


def _main(
    work: Work, group: Group, name: str, mains: Sequence[Said], members: Sequence[Service], combiner: Combiner
) -> Container | None:
    """The main containers as one. Stated values are laid over each first, so that the rules see only what is left."""
    settings = group.settings
    stated = {field: value for field, value in stated_fields(settings).items() if field in _IN_CONTAINER}
    if not mains:
        return overlay(Container(name=name, env=settings.env), stated) if stated or settings.env else None
    moved = [replace(said.value, probes=moved_probes(work, said.member, said.value)) for said in mains]
    laid = [Said(said.member, overlay(main, stated)) for said, main in zip(mains, moved, strict=True)]
    main: Container = laid[0].value
    if len(members) > 1:
        main = replace(main, **_combined(work, group, laid, combiner))
    env = _env(work, group, mains, name, settings.env, work.policy.rules_of(group).env, combiner)
    return replace(overlay(main, stated), name=name, env=env)


def _combined(work: Work, group: Group, mains: Sequence[Said], combiner: Combiner) -> dict[str, Any]:
    rules = work.policy.rules_of(group)

    def by(rule: str, field: str) -> Any:
        return combiner.by(rule, field, [Said(said.member, getattr(said.value, field) or None) for said in mains])

    return {
        "image": by(rules.image, "image"),
        "command": by(rules.command, "command") or (),
        "resources": _resources(rules.resources, group, mains, combiner),
        "probes": _probes(rules.probes, mains, combiner),
    }


def _resources(rule: str, group: Group, mains: Sequence[Said], combiner: Combiner) -> Resources:
    settled = group.settings.resources or Resources()
    sides = {}
    for side in ("requests", "limits"):
        values = {}
        for unit in ("cpu", "memory"):
            known = {said.member: getattr(getattr(said.value.resources, side), unit) for said in mains}
            said = [Said(member, value) for member, value in known.items()]
            silent = sorted(member for member in group.members if known.get(member) is None)
            stated = unit in getattr(settled, side).model_fields_set
            setting = f"resources.{side}.{unit}"
            if rule in ("sum", "max") and not stated and 0 < len(silent) < len(group.members):
                # A sum over some of the members would look like the whole and be too little.
                combiner.conflicts.add(
                    combiner.subject,
                    f"{setting} is not stated by {', '.join(silent)}, so the {rule} is not known",
                    combiner.settle(setting),
                )
            values[unit] = combiner.by(rule, setting, said)
        sides[side] = Compute().model_copy(update=values)
    return Resources().model_copy(update=sides)


def _probes(rule: str, mains: Sequence[Said], combiner: Combiner) -> Probes:
    values = {}
    for field in Probes.model_fields:
        said = [Said(item.member, getattr(item.value.probes, field)) for item in mains]
        values[field] = combiner.by(rule, f"probes.{field}", said)
    return Probes().model_copy(update=values)


def _env(
    work: Work,
    group: Group,
    containers: Sequence[Said],
    target: str,
    stated: Sequence[EnvVar],
    rule: str,
    combiner: Combiner,
) -> tuple[EnvVar, ...]:
    """The variables of containers that become ``target``; what is ``stated`` stands in place of theirs."""
    own = {variable.name: variable for variable in stated}
    items = []
    for said in containers:
        for variable in said.value.env:
            part = address("env", said.member, said.value.name, variable.name)
            if work.retires(part):
                continue
            place = address("env", group.name, target, variable.name)
            if variable.name in own:
                work.ledger.record(part, place)
            elif group.internal == "in-process" and calls_members_only(work, said.member, variable):
                work.ledger.retire(part, f"the address of a service that is part of {group.name} now")
            else:
                work.ledger.record(part, place)
                _refuse_unsaid_calls(work, group, said.member, variable, part)
                items.append(Said(said.member, moved_variable(work, said.member, variable, part)))
    return tuple(sorted([*combiner.keyed(rule, "env", items), *own.values()], key=attrgetter("name")))


def _refuse_unsaid_calls(work: Work, group: Group, member: str, variable: EnvVar, part: str) -> None:
    """An address of another member means calls between them, whether a dependency says so or not."""
    called = called_member(work, member, variable) if group.internal is None else None
    if called is not None:
        work.conflicts.add(
            part,
            f"it holds the address of {called}, which becomes part of {group.name} too",
            f"groups[{group.name}].internal: in-process, or groups[{group.name}].internal: loopback",
        )
