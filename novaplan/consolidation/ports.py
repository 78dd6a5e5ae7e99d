"""The ports of merged services, and where a port of the current topology is found in the target."""

from collections.abc import Sequence

from novaplan.consolidation.conflicts import flow
from novaplan.consolidation.policy import Group
from novaplan.consolidation.work import Work
from novaplan.topology.parts import address
from novaplan.topology.service import Container, Port, Probe, Probes, Service


def merge_ports(work: Work, group: Group, members: Sequence[Service]) -> tuple[Port, ...]:
    """The ports of a merged service; notes in ``work.ports`` what became of each of its members'."""
    found: dict[str, Port] = {port.name: port for port in group.settings.ports}
    stated = set(found)
    owner: dict[str, str] = {}
    for member in members:
        for port in member.ports:
            part = address("port", member.name, port.name)
            if work.retires(part):
                continue
            work.ledger.record(part, address("port", group.name, port.name))
            known = found.setdefault(port.name, port)
            work.ports[member.name, port.name] = known
            first = owner.setdefault(port.name, member.name)
            if first != member.name and port.name not in stated:
                _refuse_unless_folded(work, group, (first, known), (member.name, port))
    if len(members) > 1 or stated:
        _refuse_shared_numbers(work, group, found)
    return tuple(found[name] for name in sorted(found))


def _refuse_unless_folded(work: Work, group: Group, first: tuple[str, Port], second: tuple[str, Port]) -> None:
    (owner, known), (member, port) = first, second
    settle = _settings(group, port.name)
    if work.policy.rules_of(group).ports != "fold":
        what = f"{owner} listens on {known.port} and {member} on {port.port}"
        settle = f"groups[{group.name}].rules.ports: fold, or {settle}"
    elif port.protocol != known.protocol:
        what = f"{owner} speaks {known.protocol} and {member} {port.protocol}"
    elif port.published not in (None, known.published):
        what = f"{member} is reached from outside on {port.published}, {owner} on {known.published or 'none'}"
    else:
        return
    work.conflicts.add(address("port", group.name, port.name), f"{what} as {port.name!r}", settle)


def _refuse_shared_numbers(work: Work, group: Group, ports: dict[str, Port]) -> None:
    listening: dict[tuple[int, bool], str] = {}
    reached: dict[tuple[int, bool], str] = {}
    for name in sorted(ports):
        port, is_udp = ports[name], ports[name].protocol == "udp"
        first = listening.setdefault((port.listens_on, is_udp), name)
        message = f"{first!r} and {name!r} both listen on {port.listens_on}"
        if first == name:
            first = reached.setdefault((port.port, is_udp), name)
            message = f"{first!r} and {name!r} are both reached on {port.port}"
        if first != name:
            work.conflicts.add(address("port", group.name, name), message, _settings(group, name))


def _settings(group: Group, name: str) -> str:
    return f"groups[{group.name}].settings.ports: [{{name: {flow(name)}, port: ...}}]"


def port_of(service: Service, number: int) -> Port | None:
    """The port that clients of ``service`` reach under ``number``, or that it listens on."""
    by_number = {port.listens_on: port for port in service.ports} | {port.port: port for port in service.ports}
    return by_number.get(number)


def moved_port(work: Work, server: str, number: int) -> int | None:
    """The number in the target of a port of a service or datastore; None when that port is retired."""
    service, store = work.current.service.get(server), work.current.datastore.get(server)
    if service is not None:
        port = port_of(service, number)
        if port is None:
            return number
        target = work.ports.get((server, port.name))
        return target.port if target is not None else None
    if store is not None and number == store.port:
        return work.store_ports.get(work.store_name[server]) or number
    return number


def moved_probes(work: Work, member: str, container: Container) -> Probes:
    """The probes of a member's container, asking the ports that its own became."""
    group, probes = work.group_of[member], container.probes
    settings = group.settings.probes if container.kind == "main" else None
    stated = settings.model_fields_set if settings is not None else set()
    kinds = [(kind, probe) for kind, probe in probes if probe is not None and kind not in stated]
    return probes.model_copy(update={kind: _moved_probe(work, member, container, kind, probe) for kind, probe in kinds})


def _moved_probe(work: Work, member: str, container: Container, kind: str, probe: Probe) -> Probe:
    service, port = work.current.service[member], probe.port
    if isinstance(port, str):
        known = next((item for item in service.ports if item.name == port), None)
    else:
        known = next((item for item in service.ports if item.listens_on == port), None)
    if known is None:
        return probe
    target = work.ports.get((member, known.name))
    if target is None:
        is_main = container.kind == "main"
        line = f"probes.{kind}: ..." if is_main else f"containers: [{{name: {flow(container.name)}, ...}}]"
        group = work.group_of[member].name
        work.conflicts.add(
            address("service", group),
            f"the {kind} probe of {member} asks port {known.name!r}, which is retired",
            f"groups[{group}].settings.{line}",
        )
        return probe
    return probe if isinstance(port, str) else probe.model_copy(update={"port": target.listens_on})
