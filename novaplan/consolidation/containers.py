"""The containers of a merged service: one main container, and every sidecar and init container."""

from collections.abc import Sequence
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, overlay, stated_fields
from novaplan.consolidation.hosts import hosts, rename_hosts
from novaplan.consolidation.policy import Group, Rules
from novaplan.consolidation.work import Work, secret_id
from novaplan.topology.base import replace
from novaplan.topology.parts import address
from novaplan.topology.service import Compute, Container, EnvVar, Probes, Resources, Service


def merge_containers(
    work: Work, group: Group, members: Sequence[Service], rules: Rules, combiner: Combiner
) -> tuple[Container, ...]:
    """The main containers become one; the others are united by name and must agree where a name is taken twice."""
    mains = [Said(member.name, member.main) for member in members if member.main is not None]
    name = _main_name(group, members)
    others = []
    for member in members:
        for container in member.containers:
            target = name if container.kind == "main" else container.name
            work.ledger.record(
                address("container", member.name, container.name), address("container", group.name, target)
            )
            if container.kind != "main":
                env = _env(work, group, [Said(member.name, container)], target, "same", combiner)
                others.append(Said(member.name, replace(container, env=env)))
    united = combiner.keyed("same", "containers", others, lambda container: container.name)
    if any(container.name == name for container in united) and mains:
        combiner.conflicts.add(
            address("container", group.name, name),
            f"a sidecar has the name of the main container, {name!r}",
            "another name for one of them in the current topology",
        )
    merged = [_merge_main(work, group, name, mains, members, rules, combiner)] if mains else []
    if not mains and group.settings.model_fields_set & {"image", "command", "resources", "probes", "env"}:
        merged = [_stated_main(group)]
    return tuple(sorted([*merged, *united], key=lambda container: container.name))


def _main_name(group: Group, members: Sequence[Service]) -> str:
    """Named like its service where it was, so that a renamed service does not keep half of its old name."""
    for member in members:
        if member.main is not None:
            return group.name if member.main.name == member.name or len(members) > 1 else member.main.name
    return group.name


def _stated_main(group: Group) -> Container:
    settings = group.settings
    return Container(
        name=group.name,
        image=settings.image,
        command=settings.command,
        resources=settings.resources or Resources(),
        probes=settings.probes or Probes(),
        env=settings.env,
    )


def _merge_main(
    work: Work,
    group: Group,
    name: str,
    mains: Sequence[Said],
    members: Sequence[Service],
    rules: Rules,
    combiner: Combiner,
) -> Container:
    settings, stated = group.settings, group.settings.model_fields_set

    def by(rule: str, field: str) -> Any:
        return combiner.by(rule, field, [Said(said.member, getattr(said.value, field) or None) for said in mains])

    first: Container = mains[0].value
    resources, probes = first.resources, first.probes
    if len(members) > 1:
        resources = _resources(group, mains, members, rules, combiner)
        probes = _probes(group, mains, rules, combiner)
    if settings.resources is not None:
        resources = overlay(resources, stated_fields(settings.resources))
    if settings.probes is not None:
        probes = overlay(probes, stated_fields(settings.probes))
    return Container(
        name=name,
        image=settings.image if "image" in stated else by(rules.image, "image"),
        command=settings.command if "command" in stated else by(rules.command, "command") or (),
        resources=resources,
        probes=probes,
        env=_env(work, group, mains, name, rules.env, combiner),
    )


def _resources(
    group: Group, mains: Sequence[Said], members: Sequence[Service], rules: Rules, combiner: Combiner
) -> Resources:
    settled = group.settings.resources or Resources()
    without = [member.name for member in members if member.main is None]
    sides = {}
    for side in ("requests", "limits"):
        values = {}
        for unit in ("cpu", "memory"):
            if unit in getattr(settled, side).model_fields_set:
                continue
            said = [Said(item.member, getattr(getattr(item.value.resources, side), unit)) for item in mains]
            silent = sorted([item.member for item in said if item.value is None] + without)
            setting = f"resources.{side}.{unit}"
            if rules.resources in ("sum", "max") and silent and len(silent) < len(members):
                # A sum over some of the members would look like the whole and be too little.
                combiner.conflicts.add(
                    combiner.subject,
                    f"{setting} is not stated by {', '.join(silent)}, so the {rules.resources} is not known",
                    f"{combiner.policy_path}.{setting}",
                )
            values[unit] = combiner.by(rules.resources, setting, said)
        sides[side] = Compute().model_copy(update=values)
    return Resources().model_copy(update=sides)


def _probes(group: Group, mains: Sequence[Said], rules: Rules, combiner: Combiner) -> Probes:
    settled = group.settings.probes.model_fields_set if group.settings.probes else set()
    values = {}
    for field in Probes.model_fields:
        if field not in settled:
            said = [Said(item.member, getattr(item.value.probes, field)) for item in mains]
            values[field] = combiner.by(rules.probes, f"probes.{field}", said)
    return Probes().model_copy(update=values)


def _env(
    work: Work, group: Group, containers: Sequence[Said], target: str, rule: str, combiner: Combiner
) -> tuple[EnvVar, ...]:
    """Variables with the names the target uses: of merged secrets and of services that have a new name."""
    own = {variable.name: variable for variable in group.settings.env} if target == group.name else {}
    items = []
    for said in containers:
        for variable in said.value.env:
            part = address("env", said.member, said.value.name, variable.name)
            if work.retires(part):
                continue
            place = address("env", group.name, target, variable.name)
            if variable.name in own:
                work.ledger.record(part, place)
            elif _speaks_of_a_member(work, group, said.member, variable) and group.internal == "in-process":
                work.ledger.retire(part, f"the address of a service that is part of {group.name} now")
            else:
                work.ledger.record(part, place)
                items.append(Said(said.member, _renamed(work, group, said.member, variable)))
    united = combiner.keyed(rule, "env", items, lambda variable: variable.name)
    return tuple(sorted([*united, *own.values()], key=lambda variable: variable.name))


def _speaks_of_a_member(work: Work, group: Group, member: str, variable: EnvVar) -> bool:
    return any(host != member and work.group_of.get(host) is group for host in hosts(variable))


def _renamed(work: Work, group: Group, member: str, variable: EnvVar) -> EnvVar:
    """``variable`` with the secrets and services it names called what they are called in the target."""
    changes: dict[str, Any] = {}
    if variable.secret is not None:
        secret = work.secret(variable.secret.name, work.current.service[member].namespace)
        if secret is not None:
            place = work.secret_places[secret_id(secret)]
            changes["secret"] = replace(variable.secret, name=place.name)
    if variable.value and any(host in work.group_of or host in work.store_name for host in hosts(variable)):
        variable = rename_hosts(variable, lambda host, namespace: _place(work, group, host, namespace))
    return replace(variable, **changes) if changes else variable


def _place(work: Work, group: Group, host: str, namespace: str | None) -> tuple[str, str | None]:
    """What a host is called in the target, and the namespace to write after it where one stood before."""
    new = work.group_of.get(host)
    if new is group:
        return "localhost", None
    name = new.name if new is not None else work.store_name.get(host)
    if name is None:
        return host, namespace
    return name, work.namespaces.get(name, namespace) if namespace is not None else None
