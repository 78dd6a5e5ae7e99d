"""A service of a compose file as a workload of the draft."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from novaplan.errors import nearest
from novaplan.importers import arguments
from novaplan.importers.compose import amounts, environment, healthchecks
from novaplan.importers.compose.interpolation import MissingVariable, substitute
from novaplan.importers.compose.merging import by_key
from novaplan.importers.compose.mounts import Mounts
from novaplan.importers.compose.nodes import Field, Node
from novaplan.importers.compose.notes import Notes
from novaplan.importers.compose.profiles import Need, of_service
from novaplan.importers.draft import Container, MountedFile, Setting, Wait, Where, Workload, WorkloadKind

_FIELDS: Final = """
annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count
cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy
develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends
external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links logging
mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable
oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy
pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period
stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir
"""
_KNOWN: Final = frozenset(_FIELDS.split())
_KINDS: Final[dict[str, WorkloadKind]] = {"global": "daemonset", "replicated-job": "job", "global-job": "job"}


def workload(name: str, node: Node, needs: list[Need], mounts: Mounts, notes: Notes) -> Workload:
    """The service ``name`` with everything that is known of it."""
    service = Field(node, f"services.{name}")
    _tell_unknown(service, notes)
    outside = service.get("external_links")
    for link in outside.elements() if outside else ():
        notes.left_out(f"the container {link.text().partition(':')[0]!r} of another project is linked", link.where)
    hosts = tuple(dict.fromkeys((name, *names(service))))
    volumes, files = mounts.of(service)
    kind, replicas = _deployed(service)
    return Workload(
        name,
        service.where,
        kind=kind,
        replicas=replicas,
        hosts=hosts,
        ports=amounts.ports(service, notes),
        containers=(replace(_container(name, service, files, hosts, notes), mounts=tuple(mounts.targets(service))),),
        waits=tuple(Wait(need.service, need.field.where, need.ordered, not need.required) for need in needs),
        volumes=volumes,
        termination=amounts.termination(service),
        optional=bool(of_service(name, node)),
        also_declared=_other_places(node),
    )


def names(service: Field) -> Iterator[str]:
    """Every further name a service answers to: of its container, its host, and on its networks."""
    for key in ("container_name", "hostname"):
        field = service.get(key)
        if field:
            yield field.text()
    networks = service.get("networks")
    if networks is None:
        return
    for _, network in by_key(networks).items():
        aliases = network.get("aliases")
        for alias in aliases.elements() if aliases else ():
            yield alias.text()
        # A fixed address is a name like any other to those that write it down.
        address = network.get("ipv4_address")
        if address:
            yield address.text()


def _container(
    name: str, service: Field, files: tuple[MountedFile, ...], hosts: tuple[str, ...], notes: Notes
) -> Container:
    image, build = service.get("image"), service.get("build")
    if image is None and build is None and not service.get("provider"):
        notes.uncertain("the service has neither an image nor a build", service.where)
    variables = environment.settings(service, notes)
    words = [word for key in ("entrypoint", "command") for word in _words(service.get(key), notes)]
    return Container(
        name,
        image.text() if image else None,
        command=tuple(text for text, _ in words),
        resources=amounts.resources(service),
        probes=healthchecks.probes(service, hosts),
        settings=(*variables.values(), *_arguments(words, variables), *_built_in(build)),
        files=files,
    )


def _words(field: Field | None, notes: Notes) -> list[tuple[str, Where]]:
    """A command in words, each with its place: a text is split as a shell does."""
    if field is None:
        return []
    if isinstance(field.value, list):
        return [(item.text(), item.where) for item in field.elements()]
    try:
        return [(word, field.where) for word in shlex.split(field.text())]
    except ValueError:
        notes.uncertain("a quote in the command is not closed; the command was split at its spaces", field.where)
        return [(word, field.where) for word in field.text().split()]


def _built_in(build: Field | None) -> Iterator[Setting]:
    """What is given to the build: programs that run in a browser have addresses compiled in."""
    given = build.get("args") if build is not None and isinstance(build.value, dict) else None
    if given is None:
        return
    for name, field in by_key(given).items():
        if name and field.value is not None:
            yield Setting(name, field.text(), field.where, "other")


def _arguments(words: list[tuple[str, Where]], variables: Mapping[str, Setting]) -> tuple[Setting, ...]:
    """The command as settings, with the variables that a shell in the container puts in place."""
    written = [text for text, _ in words]
    known = {name: setting.text for name, setting in variables.items()}
    return arguments.settings([_expanded(text, known) for text in written], [place for _, place in words], written)


def _expanded(text: str, known: Mapping[str, str | None]) -> str:
    if "$" not in text:
        return text
    try:
        result = substitute(text, known.get)
    except MissingVariable:
        return text
    return text if result.odd else result.text


def _deployed(service: Field) -> tuple[WorkloadKind, int]:
    deploy = service.get("deploy")
    mode, replicas = (deploy.get("mode"), deploy.get("replicas")) if deploy else (None, None)
    count = replicas or service.get("scale")
    return _KINDS.get(mode.text() if mode else "", "deployment"), count.whole() if count else 1


def _other_places(node: Node) -> tuple[Where, ...]:
    """The other files of a merge, at the first line that each of them gave."""
    lines: dict[str, int] = {}
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:  # what an anchor is repeated at
            continue
        seen.add(id(item))
        lines[item.origin.file] = min(item.line, lines.get(item.origin.file, item.line))
        if isinstance(item.value, (dict, list)):
            waiting += item.value.values() if isinstance(item.value, dict) else item.value
    return tuple(Where(file, lines[file]) for file in sorted(lines) if file != node.origin.file)


def _tell_unknown(service: Field, notes: Notes) -> None:
    for key, field in service.items():
        if key not in _KNOWN and not key.startswith("x-"):
            notes.left_out(f"compose knows no field {key!r} of a service{nearest(key, _KNOWN)}", field.where)


def unshared(workloads: list[Workload], services: Mapping[str, Node]) -> list[Workload]:
    """The workloads, with nothing marked as shared that only one program takes.

    Two services of one image are one program: what both are given is meant for it. An image that holds several programs
    is told from others by the entry points of its services.
    """
    users: dict[str, set[str]] = {}
    for unit in workloads:
        for item in _shared(unit):
            users.setdefault(item, set()).add(_program(unit, services[unit.name]))
    alone = {item for item, programs in users.items() if len(programs) == 1}
    return [_without(unit, alone) for unit in workloads]


def _program(unit: Workload, node: Node) -> str:
    entry = Field(node, f"services.{unit.name}").get("entrypoint")
    first = next((word.text() for word in entry.elements()), "") if entry else ""
    return f"{unit.containers[0].image or unit.name} {first.partition(' ')[0]}"


def _shared(unit: Workload) -> Iterator[str]:
    for container in unit.containers:
        yield from (item.shared for item in container.settings if item.shared)
        yield from (item.shared for item in container.files if item.shared)


def _without(unit: Workload, alone: set[str]) -> Workload:
    def own(container: Container) -> Container:
        settings = (replace(item, shared=None) if item.shared in alone else item for item in container.settings)
        files = (replace(item, shared=None) if item.shared in alone else item for item in container.files)
        return replace(container, settings=tuple(settings), files=tuple(files))

    return replace(unit, containers=tuple(map(own, unit.containers)))
