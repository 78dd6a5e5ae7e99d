"""Network policies that follow from the topology: everything is denied, and what the dependencies say is let through.

Each dependency is let out of its client and into its server, on the ports it uses; so is each wait at the start. A
dependency that is only possible is left out. Beside them the Ingress controller reaches what is routed, everybody what
is published, and the monitoring the ports for metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.render.context import Context
from novaplan.render.datastores import egress_ports
from novaplan.render.manifests import PREFIX, Manifest, labels, selector
from novaplan.render.network.externals import external_rule
from novaplan.render.network.handovers import relay_peer, relays_to
from novaplan.render.network.rules import Peer, Rule, Socket, network_policy, peer, policy, tcp
from novaplan.render.network.services import publications, route_port
from novaplan.render.workloads.waiting import waits
from novaplan.topology import parts
from novaplan.topology.datastore import Datastore, Patroni
from novaplan.topology.service import Port, Service
from novaplan.topology.wiring import Dependency

OUTSIDE: Final = PREFIX + "outside"
"""Annotation of a policy: what somebody else runs, reached by port wherever it is."""
_API_SERVER: Final = (443, 6443)
_DNS: tuple[Socket, ...] = (("UDP", 53), ("TCP", 53))


def of_namespace(context: Context, namespace: str | None) -> list[Manifest]:
    """What holds for every pod of a namespace: nothing gets in or out, but names are looked up. Where the namespace is
    nobody's own, this is for the system's pods alone."""
    own = context.labels(context.system)
    pods = {} if namespace is not None else _of_system(context)
    place = context.settings.network.dns_namespace
    dns = Rule((Peer(namespace=place, anywhere=place is None),), _DNS)
    return [
        network_policy(
            "default-deny", namespace, labels=own, pods=pods, generated_for=parts.SYSTEM, ingress=(), egress=()
        ),
        network_policy("allow-dns", namespace, labels=own, pods=pods, generated_for=parts.SYSTEM, egress=(dns,)),
    ]


def of_component(context: Context, component: Service | Datastore) -> Manifest:
    """What may reach the pods of ``component``, and what they may reach."""
    ingress, egress = [*_clients(context, component)], [*_servers(context, component)]
    if isinstance(component, Service):
        ingress += _outside(context, component)
    else:
        # Members replicate and elect; helpers watch them.
        inside = Rule((peer(context, component, seen_from=context.namespace(component)),))
        ingress.append(inside)
        egress.append(inside)
        if isinstance(component.deployment, Patroni) and component.deployment.etcd is None:
            # Its lease is kept in the Kubernetes API, whose address no label tells.
            egress.append(Rule((), tcp(*_API_SERVER)))
    return policy(
        context,
        component,
        component.name,
        pods=selector(component.name),
        ingress=ingress,
        egress=egress,
        annotations=_told(context, component),
    )


def _told(context: Context, component: Service | Datastore) -> dict[str, str]:
    """Whom the ports are for that are open to whatever address."""
    servers = {edge.server for edge in context.edges_from.get(component.name, ())}
    outside = [name for name in sorted(servers) if not _is_here(context, name)]
    return {OUTSIDE: ", ".join(outside)} if outside else {}


def _is_here(context: Context, name: str) -> bool:
    store = context.topology.datastore.get(name)
    return name in context.topology.service or (store is not None and context.runs(store))


def _of_system(context: Context) -> dict[str, str]:
    key = "app.kubernetes.io/part-of"
    return {key: labels("", instance=context.system)[key]}


def _clients(context: Context, component: Service | Datastore) -> Iterator[Rule]:
    own = context.namespace(component)
    for edge in context.edges_to.get(component.name, ()):
        sockets = _sockets(component, edge)
        if sockets:
            yield Rule((peer(context, _component(context, edge.client), seen_from=own),), sockets)
    for handed in relays_to(context, component.name):
        sockets = tuple(sorted({_socket(port) for _, port in handed.ports}))
        yield Rule((relay_peer(context, handed, seen_from=own),), sockets)
    for name in context.once(_waited_by).get(component.name, ()):
        yield Rule((peer(context, context.topology.service[name], seen_from=own),), _waited(component))


def _servers(context: Context, component: Service | Datastore) -> Iterator[Rule]:
    own = context.namespace(component)
    for edge in context.edges_from.get(component.name, ()):
        external = context.topology.external.get(edge.server)
        server = external or _component(context, edge.server)
        if isinstance(server, Service) or (isinstance(server, Datastore) and context.runs(server)):
            sockets = _sockets(server, edge)
            if sockets:
                yield Rule((peer(context, server, seen_from=own),), sockets)
            for handed in relays_to(context, server.name):
                yield Rule((relay_peer(context, handed, seen_from=own),), handed.sockets)
        else:
            yield external_rule(context, server, edge)
    for name in context.once(waits).get(component.name, ()):
        target = _component(context, name)
        if isinstance(target, Service) or context.runs(target):
            yield Rule((peer(context, target, seen_from=own),), _waited(target))
        else:
            yield external_rule(context, target, None)


def _outside(context: Context, service: Service) -> Iterator[Rule]:
    """Who is no component of the system and may connect all the same."""
    settings = context.settings
    routed = context.once(_routed).get(service.name)
    if routed:
        place = settings.ingress.controller_namespace
        yield Rule((Peer(namespace=place, anywhere=place is None),), tuple(sorted(routed)))
    published = context.once(publications).get(service.name)
    if published:
        yield Rule((), tuple(sorted({_socket(port) for port in published.values()})))
    measured = tuple(sorted({_socket(port) for port in service.ports if port.protocol == "metrics"}))
    if measured:
        place = settings.network.monitoring_namespace
        yield Rule((Peer(namespace=place, anywhere=place is None),), measured)


def _routed(context: Context) -> dict[str, set[Socket]]:
    """The ports that the Ingress controller connects to, by service."""
    found: dict[str, set[Socket]] = {}
    for route in context.topology.routes:
        if route.path is None:
            continue
        ends = [(route.via, None)] if route.via else [(backend.service, backend.port) for backend in route.backends]
        for name, named in ends:
            port = route_port(context.topology.service[name], named)
            if port is not None:
                found.setdefault(name, set()).add(_socket(port))
    return found


def _sockets(server: Service | Datastore, edge: Dependency) -> tuple[Socket, ...]:
    """The ports of the server's pods that a dependency uses: the stated one, else all but those for metrics."""
    if isinstance(server, Datastore):
        return tcp(*egress_ports(server))
    stated = [port for port in server.ports if edge.port in (port.port, port.listens_on)]
    plain = [port for port in server.ports if port.protocol != "metrics"]
    return tuple(sorted({_socket(port) for port in stated or plain or server.ports}))


def _waited(target: Service | Datastore) -> tuple[Socket, ...]:
    """The ports that a wait for ``target`` tries."""
    if isinstance(target, Datastore):
        return tcp(*egress_ports(target))
    return tuple(sorted({_socket(port) for port in target.ports if port.protocol != "udp"}))


def _waited_by(context: Context) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, targets in context.once(waits).items():
        for target in targets:
            found.setdefault(target, []).append(name)
    return found


def _socket(port: Port) -> Socket:
    return ("UDP" if port.protocol == "udp" else "TCP", port.listens_on)


def _component(context: Context, name: str) -> Service | Datastore:
    topology = context.topology
    return topology.service[name] if name in topology.service else topology.datastore[name]
