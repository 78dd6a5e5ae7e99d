"""Network policies, evaluated as Kubernetes evaluates them: what the topology says gets through, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from novaplan.render.assembly import Bundle
from novaplan.render.context import Context
from novaplan.render.datastores import egress_ports
from novaplan.render.manifests import Manifest
from novaplan.render.network.services import publications
from novaplan.render.workloads.waiting import waits
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Port, Service
from novaplan.topology.system import Topology
from tests.render.examples import SYSTEMS, bundle, drawn, objects, one, pods, settings, small, system

Socket = tuple[str, int]


@dataclass(frozen=True)
class Pod:
    """Where a pod is, and its labels."""

    namespace: str
    labels: tuple[tuple[str, str], ...]


def somebody(namespace: str, **labels: str) -> Pod:
    return Pod(namespace, tuple(labels.items()))


def component_pod(topology: Topology, name: str) -> Pod:
    """A pod of a component, as its labels tell."""
    component = topology.service.get(name) or topology.datastore[name]
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": Context(topology, settings()).system}
    return Pod(component.namespace or "default", tuple(labels.items()))


class Policies:
    """The policies among some objects, by namespace."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self.by_namespace: dict[str, list[dict[str, Any]]] = {}
        for item in manifests:
            if item["kind"] == "NetworkPolicy":
                space = item["metadata"].get("namespace", "default")
                self.by_namespace.setdefault(space, []).append(item["spec"])

    def allow(self, source: Pod, target: Pod, socket: Socket) -> bool:
        """Whether a connection gets out of the one pod and into the other."""
        return self.lets("egress", source, target, socket) and self.lets("ingress", target, source, socket)

    def lets(self, direction: str, pod: Pod, other: Pod | None, socket: Socket) -> bool:
        """Whether the policies for ``pod`` let a connection through; None is a machine outside."""
        kind = direction.capitalize()
        held = [
            spec
            for spec in self.by_namespace.get(pod.namespace, [])
            if kind in spec["policyTypes"] and selects(spec["podSelector"], pod.labels)
        ]
        if not held:
            return True
        end = "to" if direction == "egress" else "from"
        return any(
            ports_fit(rule, socket) and peers_fit(rule.get(end), other, pod.namespace)
            for spec in held
            for rule in spec.get(direction, [])
        )


def selects(selector: dict[str, Any], labels: tuple[tuple[str, str], ...]) -> bool:
    assert selector.keys() <= {"matchLabels"}
    return set(selector.get("matchLabels", {}).items()) <= set(labels)


def ports_fit(rule: dict[str, Any], socket: Socket) -> bool:
    return "ports" not in rule or any((item["protocol"], item["port"]) == socket for item in rule["ports"])


def peers_fit(peers: list[dict[str, Any]] | None, other: Pod | None, own: str) -> bool:
    return peers is None or any(peer_fits(peer, other, own) for peer in peers)


def peer_fits(peer: dict[str, Any], other: Pod | None, own: str) -> bool:
    if "ipBlock" in peer or other is None:
        return "ipBlock" in peer and other is None
    space = peer.get("namespaceSelector")
    named = (("kubernetes.io/metadata.name", other.namespace),)
    in_space = other.namespace == own if space is None else selects(space, named)
    return in_space and selects(peer.get("podSelector", {}), other.labels)


def listens(component: Service | Datastore) -> list[Port | int]:
    return list(component.ports) if isinstance(component, Service) else list(egress_ports(component))


def transport(port: Port | int) -> Socket:
    return ("TCP", port) if isinstance(port, int) else ("UDP" if port.protocol == "udp" else "TCP", port.listens_on)


def expected(topology: Topology) -> set[tuple[str, str, Socket]]:
    """Who connects to which port of whom: the dependencies, and the waits at the start."""
    found = set()
    context = Context(topology, settings())
    for edge in topology.dependencies:
        server = topology.service.get(edge.server) or topology.datastore.get(edge.server)
        if server is None or edge.possible or (isinstance(server, Datastore) and not context.runs(server)):
            continue
        ports = listens(server)
        meant = [port for port in ports if isinstance(port, Port) and edge.port in (port.port, port.listens_on)]
        plain = [port for port in ports if isinstance(port, int) or port.protocol != "metrics"]
        found |= {(edge.client, edge.server, transport(port)) for port in meant or plain or ports}
    for client, servers in waits(context).items():
        for name in servers:
            target = topology.service.get(name) or topology.datastore[name]
            if isinstance(target, Service) or context.runs(target):
                sockets = {transport(port) for port in listens(target)}
                found |= {(client, name, socket) for socket in sockets if socket[0] == "TCP"}
    return found


def compare(topology: Topology, manifests: list[Manifest]) -> int:
    """Every pair of components, on every port that the second one listens on; the number of connections let through."""
    policies, context, meant = Policies(manifests), Context(topology, settings()), expected(topology)
    public = {(name, transport(port)) for name, found in publications(context).items() for port in found.values()}
    running = [*topology.services, *(store for store in topology.datastores if context.runs(store))]
    through = 0
    for client, server in permutations(running, 2):
        source, target = component_pod(topology, client.name), component_pod(topology, server.name)
        for socket in map(transport, listens(server)):
            wanted = (client.name, server.name, socket) in meant
            through += wanted
            told = (client.name, server.name, socket)
            assert policies.lets("egress", source, target, socket) >= wanted, told
            assert policies.lets("ingress", target, source, socket) == (wanted or (server.name, socket) in public), told
            assert policies.allow(source, target, socket) == wanted or (server.name, socket) in public, told
    return through


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_dependencies_get_through_and_nothing_else(name: str) -> None:
    assert compare(system(name), bundle(name).manifests) > 3


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=80)
@given(made=drawn())
def test_so_they_do_in_any_system(made: tuple[Topology, Bundle]) -> None:
    compare(made[0], made[1].manifests)


@pytest.mark.parametrize("name", SYSTEMS)
def test_pods_carry_the_labels_that_the_policies_go_by(name: str) -> None:
    found = {(space, frozenset(pod["metadata"]["labels"].items())) for space, pod in pods(bundle(name).manifests)}
    topology = system(name)
    context = Context(topology, settings())
    running = [*topology.services, *(store for store in topology.datastores if context.runs(store))]
    for component in running:
        wanted = component_pod(topology, component.name)
        assert any(wanted.namespace == space and set(wanted.labels) <= labels for space, labels in found)


def test_everything_is_denied_but_names() -> None:
    made = objects(small())
    policies = Policies(made)
    stranger, dns = somebody("back", app="stranger"), somebody("kube-system", app="dns")
    assert policies.lets("egress", stranger, dns, ("UDP", 53))
    assert policies.lets("egress", stranger, dns, ("TCP", 53))
    assert not policies.lets("egress", stranger, dns, ("TCP", 443))
    assert not policies.lets("egress", stranger, None, ("TCP", 443))
    assert not policies.lets("ingress", stranger, dns, ("TCP", 80))


def test_without_a_namespace_of_its_own_a_system_is_the_only_one_held() -> None:
    service = {"name": "api", "ports": [{"name": "http", "port": 80}]}
    policies = Policies(objects(small(topology_services=[service], topology_dependencies=[])))
    guest = somebody("default", app="guest")
    own = somebody("default", **{"app.kubernetes.io/name": "api", "app.kubernetes.io/part-of": "small"})
    assert policies.lets("ingress", guest, own, ("TCP", 1))
    assert not policies.lets("ingress", own, guest, ("TCP", 80))


def test_the_controller_reaches_what_is_routed() -> None:
    route = {"path": "/", "backends": [{"service": "api", "port": "http"}]}
    topology = small(topology_routes=[route])
    api, web = component_pod(topology, "api"), component_pod(topology, "web")
    controller = somebody("ingress-nginx", app="controller")
    policies = Policies(objects(topology))
    assert policies.lets("ingress", api, controller, ("TCP", 8080))
    assert not policies.lets("ingress", api, controller, ("TCP", 80)), "policies see the ports of pods"
    assert not policies.lets("ingress", web, controller, ("TCP", 8080))
    anywhere = settings().ingress.model_copy(update={"controller_namespace": None})
    assert Policies(objects(topology, ingress=anywhere)).lets("ingress", api, somebody("x"), ("TCP", 8080))


def test_a_route_through_a_gateway_opens_the_gateway() -> None:
    route = {"path": "/", "via": "web", "backends": [{"service": "api", "port": "http"}]}
    topology = small(topology_routes=[route])
    policies, controller = Policies(objects(topology)), somebody("ingress-nginx", app="controller")
    assert policies.lets("ingress", component_pod(topology, "web"), controller, ("TCP", 8080))
    assert not policies.lets("ingress", component_pod(topology, "api"), controller, ("TCP", 8080))


def test_what_is_published_is_open_to_all() -> None:
    topology = small(ports=[{"name": "rtmp", "port": 1935, "published": 1935}, {"name": "http", "port": 80}])
    policies, api = Policies(objects(topology)), component_pod(topology, "api")
    assert policies.lets("ingress", api, None, ("TCP", 1935)) is policies.lets(
        "ingress", api, somebody("x"), ("TCP", 1935)
    )
    assert policies.lets("ingress", api, None, ("TCP", 1935))
    assert not policies.lets("ingress", api, None, ("TCP", 80))


def test_the_monitoring_reads_metrics_and_nobody_else() -> None:
    topology = small(ports=[{"name": "metrics", "port": 9090, "protocol": "metrics"}, {"name": "http", "port": 80}])
    policies, api = Policies(objects(topology)), component_pod(topology, "api")
    assert policies.lets("ingress", api, somebody("monitoring"), ("TCP", 9090))
    assert not policies.lets("ingress", api, somebody("monitoring"), ("TCP", 80))
    assert not policies.lets("ingress", api, component_pod(topology, "web"), ("TCP", 9090))


def test_a_possible_dependency_opens_nothing() -> None:
    edge = {"client": "web", "server": "api", "possible": True}
    topology = small(topology_dependencies=[edge])
    policies = Policies(objects(topology))
    assert not policies.allow(component_pod(topology, "web"), component_pod(topology, "api"), ("TCP", 8080))


EXTERNALS = [
    ({"name": "mail", "kind": "smtp"}, {}, {("TCP", 25), ("TCP", 465), ("TCP", 587)}),
    ({"name": "push", "kind": "push"}, {}, {("TCP", 443), ("UDP", 443)}),
    ({"name": "trace", "kind": "tracing", "addresses": ["jaeger:6831"]}, {}, {("TCP", 6831), ("UDP", 6831)}),
    ({"name": "store", "addresses": ["http://store.example/x"]}, {}, {("TCP", 80)}),
    ({"name": "odd", "addresses": ["odd.example:99999"]}, {"port": 8443, "protocol": "https"}, {("TCP", 8443)}),
]


@pytest.mark.parametrize(("external", "edge", "sockets"), EXTERNALS)
def test_what_is_outside_is_reached_by_its_port(
    external: dict[str, Any], edge: dict[str, Any], sockets: set[Socket]
) -> None:
    wired = {"client": "api", "server": external["name"], **edge}
    topology = small(topology_externals=[external], topology_dependencies=[wired])
    policies, api = Policies(objects(topology)), component_pod(topology, "api")
    anyone = somebody("elsewhere")
    assert all(policies.lets("egress", api, anyone, socket) for socket in sockets)
    assert not policies.lets("egress", api, anyone, ("TCP", 22))
    assert not policies.lets("egress", component_pod(topology, "web"), anyone, min(sockets))
    notes = one(objects(topology), "NetworkPolicy", "api")["metadata"]["annotations"]
    assert notes["novaplan.dev/outside"] == external["name"]


def test_an_address_that_is_a_number_is_the_only_one() -> None:
    external = {"name": "turn", "kind": "turn", "addresses": ["192.0.2.7:3478", "[2001:db8::1]:3478"]}
    topology = small(topology_externals=[external], topology_dependencies=[{"client": "api", "server": "turn"}])
    egress = one(objects(topology), "NetworkPolicy", "api")["spec"]["egress"]
    assert egress == [
        {
            "to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}, {"ipBlock": {"cidr": "2001:db8::1/128"}}],
            "ports": [{"protocol": "TCP", "port": 3478}, {"protocol": "UDP", "port": 3478}],
        }
    ]


def test_a_client_that_somebody_else_runs_is_known_by_its_label() -> None:
    policies, postgres = Policies(bundle("target").manifests), component_pod(system("target"), "postgres")
    debezium = somebody("streaming", **{"app.kubernetes.io/name": "debezium"})
    port = egress_ports(system("target").datastore["postgres"])[0]
    assert policies.lets("ingress", postgres, debezium, ("TCP", port))
    assert not policies.lets("ingress", postgres, somebody("streaming"), ("TCP", port))


@pytest.mark.parametrize(("name", "namespace"), [("redis", "nova-redis"), ("postgres", "nova-database")])
def test_members_of_a_server_find_each_other(name: str, namespace: str) -> None:
    policies = Policies(bundle("target").manifests)
    found = [pod for space, pod in pods(bundle("target").manifests) if space == namespace]
    for one_pod, other in permutations([*found, *found], 2):
        mine, theirs = (somebody(namespace, **pod["metadata"]["labels"]) for pod in (one_pod, other))
        for container in other["spec"]["containers"]:
            for port in container.get("ports", []):
                assert policies.allow(mine, theirs, ("TCP", port["containerPort"]))
