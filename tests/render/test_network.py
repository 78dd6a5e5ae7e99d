"""Services, what is published, Ingresses, old names, and what somebody else runs."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from tests.render.examples import SYSTEMS, bundle, names, objects, one, settings, small, system

NGINX = "nginx.ingress.kubernetes.io/"


def annotations(item: Manifest) -> dict[str, str]:
    """What is said to ingress-nginx."""
    found = item["metadata"].get("annotations", {})
    return {key.removeprefix(NGINX): value for key, value in found.items() if key.startswith(NGINX)}


def lines(item: Manifest) -> list[tuple[str | None, str, str, str, Any]]:
    """Host, path, type, service and port of every line of an Ingress."""
    return [
        (
            rule.get("host"),
            path["path"],
            path["pathType"],
            path["backend"]["service"]["name"],
            next(iter(path["backend"]["service"]["port"].values())),
        )
        for rule in item["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]


def routed(*routes: dict[str, Any], **changes: Any) -> list[Manifest]:
    """What is made of ``api`` with these routes to it."""
    backend = [{"service": "api", "port": "http"}]
    stated = [{"backends": backend, **route} for route in routes]
    return objects(small(topology_routes=stated, **changes))


# ---------------------------------------------------------------- Services


def test_ports_of_a_service() -> None:
    ports = [
        {"name": "http", "port": 80, "target": 8080},
        {"name": "grpc", "port": 9000, "protocol": "grpc"},
        {"name": "live", "port": 3000, "protocol": "websocket"},
        {"name": "dns", "port": 53, "protocol": "udp"},
        {"name": "metrics", "port": 9090, "protocol": "metrics"},
    ]
    spec = one(objects(small(ports=ports)), "Service", "api")["spec"]
    assert "type" not in spec
    assert spec["selector"] == {"app.kubernetes.io/name": "api"}
    assert spec["ports"] == [
        {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"},
        {"name": "grpc", "port": 9000, "targetPort": "grpc", "appProtocol": "kubernetes.io/h2c"},
        {"name": "http", "port": 80, "targetPort": "http", "appProtocol": "http"},
        {"name": "live", "port": 3000, "targetPort": "live", "appProtocol": "kubernetes.io/ws"},
        {"name": "metrics", "port": 9090, "targetPort": "metrics"},
    ]


def test_what_listens_on_nothing_has_no_service() -> None:
    assert names(objects(small(ports=[])), "Service") == {"web"}


def test_published_ports_and_routes_that_are_ports() -> None:
    ports = [{"name": "http", "port": 80, "published": 8082}, {"name": "rtmp", "port": 1935, "protocol": "rtmp"}]
    route = {"listen": 1935, "protocol": "rtmp", "backends": [{"service": "api", "port": "rtmp"}]}
    topology = small(ports=ports, topology_routes=[route])
    made = objects(topology)
    for name, number, target in (("public-tcp-1935", 1935, "rtmp"), ("public-tcp-8082", 8082, "http")):
        spec = one(made, "Service", name)["spec"]
        assert spec["type"] == "LoadBalancer"
        assert [(port["port"], port["targetPort"]) for port in spec["ports"]] == [(number, target)]
    nodes = settings().network.model_copy(update={"public": "NodePort"})
    spec = one(objects(topology, network=nodes), "Service", "public-tcp-8082")["spec"]
    assert spec["type"] == "NodePort"
    assert all("nodePort" not in port for port in spec["ports"]), "no cluster gives nodes such ports"
    high = small(ports=[{"name": "http", "port": 80, "published": 30080}])
    assert one(objects(high, network=nodes), "Service", "public-tcp-30080")["spec"]["ports"][0]["nodePort"] == 30080


def test_a_published_port_stays_the_same_object_whoever_serves_it() -> None:
    ports = [{"name": "http", "port": 80, "published": 8082}]
    olds = [{"name": name, "namespace": "back", "ports": ports} for name in ("old", "new")]
    served = []
    for name in ("old", "new"):
        route = {"listen": 8082, "backends": [{"service": name, "port": "http"}]}
        made = objects(small(topology_services=olds, topology_dependencies=[], topology_routes=[route]))
        service = one(made, "Service", "public-tcp-8082")
        served.append((service["metadata"]["namespace"], service["spec"].pop("selector"), service["spec"]))
    (here, old, spec), (there, new, spec_then) = served
    assert (here, spec) == (there, spec_then)
    assert old != new == {"app.kubernetes.io/name": "new"}


# ---------------------------------------------------------------- Ingress


def test_a_route() -> None:
    made = routed({"path": "/a"}, {"host": "shop.example", "path": "/b", "match": "exact"})
    (item,) = [item for item in made if item["kind"] == "Ingress"]
    assert (item["metadata"]["name"], item["metadata"]["namespace"]) == ("small-routes", "back")
    assert item["spec"]["ingressClassName"] == "nginx"
    assert lines(item) == [(None, "/a", "Prefix", "api", "http"), ("shop.example", "/b", "Exact", "api", "http")]
    assert annotations(item) == {"ssl-redirect": "false"}
    assert "tls" not in item["spec"]


def test_tls() -> None:
    made = routed({"host": "shop.example", "path": "/", "tls": True, "tls_secret": "cert"}, {"path": "/b", "tls": True})
    assert one(made, "Ingress", "small-routes-tls")["spec"]["tls"] == [{}], "the controller's own certificate"
    item = one(made, "Ingress", "small-routes-tls-2")
    assert item["spec"]["tls"] == [{"hosts": ["shop.example"], "secretName": "cert"}]
    assert annotations(item) == {}


def test_settings_give_routes_without_a_host_one() -> None:
    route = {"path": "/", "tls": True, "backends": [{"service": "api", "port": "http"}]}
    given = settings().ingress.model_copy(update={"host": "shop.example", "tls_secret": "cert", "class_name": None})
    item = one(objects(small(topology_routes=[route]), ingress=given), "Ingress", "small-routes-tls")
    assert lines(item)[0][0] == "shop.example"
    assert item["spec"]["tls"] == [{"hosts": ["shop.example"], "secretName": "cert"}]
    assert "ingressClassName" not in item["spec"]


def test_web_sockets_stay_open() -> None:
    item = one(routed({"path": "/live", "protocol": "websocket"}), "Ingress", "small-routes-websocket")
    assert annotations(item)["proxy-read-timeout"] == annotations(item)["proxy-send-timeout"] == "3600"


@pytest.mark.parametrize("protocol", ["grpc", "https"])
def test_what_the_backend_speaks(protocol: str) -> None:
    ports = [{"name": "http", "port": 80, "protocol": protocol}]
    item = one(routed({"path": "/"}, ports=ports), "Ingress", f"small-routes-{protocol}")
    assert annotations(item)["backend-protocol"] == protocol.upper()


def test_a_pattern() -> None:
    item = one(routed({"path": "/a/[0-9]+", "match": "regex"}), "Ingress", "small-routes-regex")
    assert annotations(item)["use-regex"] == "true"
    assert lines(item)[0][1:3] == ("/a/[0-9]+", "ImplementationSpecific")


@pytest.mark.parametrize(
    ("route", "path", "rewrite"),
    [
        ({"path": "/api/v1.0", "rewrite": "/"}, r"/api/v1\.0(/|$)(.*)", "/$2"),
        ({"path": "/api/", "rewrite": "/inside"}, r"/api(/|$)(.*)", "/inside/$2"),
        ({"path": "/a/(.*)", "match": "regex", "rewrite": "/$1"}, "/a/(.*)", "/$1"),
        ({"path": "/a", "match": "exact", "rewrite": "/b"}, "/a", "/b"),
    ],
)
def test_rewriting(route: dict[str, Any], path: str, rewrite: str) -> None:
    item = one(routed(route), "Ingress", "small-routes-rewrite")
    assert annotations(item)["rewrite-target"] == rewrite
    assert lines(item)[0][1] == path


def test_traffic_is_shared_by_a_canary() -> None:
    shares = [{"service": "api", "port": "http", "weight": 80}, {"service": "web", "port": "http", "weight": 20}]
    made = routed({"path": "/", "backends": shares})
    main, canary = (one(made, "Ingress", name) for name in ("small-routes", "small-routes-canary"))
    assert (main["metadata"]["namespace"], canary["metadata"]["namespace"]) == ("back", "front")
    assert lines(main)[0][3] == "api"
    assert lines(canary)[0][3] == "web"
    assert annotations(canary) == {"canary": "true", "canary-weight": "20", "ssl-redirect": "false"}
    assert "canary" not in annotations(main)
    alone = routed({"path": "/", "backends": [{**shares[0], "weight": 100}, {**shares[1], "weight": 0}]})
    assert names(alone, "Ingress") == {"small-routes"}


def test_a_gateway_gets_what_it_forwards() -> None:
    made = routed({"path": "/a", "via": "web", "rewrite": "/"}, {"path": "/b", "via": "web"})
    item = one(made, "Ingress", "small-routes")
    assert item["metadata"]["namespace"] == "front"
    assert [line[1:] for line in lines(item)] == [("/a", "Prefix", "web", "http"), ("/b", "Prefix", "web", "http")]


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_ingress_leads_to_a_service_beside_it(name: str) -> None:
    made = bundle(name).manifests
    served = {
        (item["metadata"].get("namespace"), item["metadata"]["name"]): {port["name"] for port in item["spec"]["ports"]}
        for item in made
        if item["kind"] == "Service" and "ports" in item["spec"]
    }
    found = [item for item in made if item["kind"] == "Ingress"]
    assert found
    for item in found:
        for _, _, _, service, port in lines(item):
            assert port in served[item["metadata"].get("namespace"), service]


# ---------------------------------------------------------------- old names


def test_an_alias_is_a_service_of_its_own() -> None:
    made = objects(small(aliases=["orders", "Not-A-Name", "web", "9lives", "a.b"]))
    alias = one(made, "Service", "orders")
    assert alias["spec"] == one(made, "Service", "api")["spec"]
    assert alias["metadata"]["namespace"] == "back"
    found = [item["metadata"]["name"] for item in made if item["kind"] == "Service"]
    assert sorted(found) == ["api", "orders", "web", "web"], "another namespace, another web"


def test_names_that_were_merged_stay_on_request_with_the_ports_of_both() -> None:
    assert "auth-service" not in names(bundle("target").manifests, "Service")
    kept = settings().model_copy(update={"keep_old_names": True})
    made = assemble(Context(system("target"), kept, system("current"))).manifests
    old = one(made, "Service", "auth-service")
    assert old["metadata"]["namespace"] == "nova-services"
    assert old["spec"]["selector"] == {"app.kubernetes.io/name": "api-service"}
    assert {port["port"]: port["targetPort"] for port in old["spec"]["ports"]} == {
        8080: "http",
        9090: "metrics",
        8084: "http",
    }
    gone = {service.name for service in system("current").services}
    assert gone - names(made, "Service") == {"streaming-transcode"}, "it never listened on anything"
    assert all(item["spec"].get("type") != "ExternalName" for item in made if item["kind"] == "Service")


def test_without_the_source_old_names_have_the_new_ports() -> None:
    made = objects(system("target"), keep_old_names=True)
    assert {port["port"] for port in one(made, "Service", "auth-service")["spec"]["ports"]} == {8080, 9090}


def test_an_alias_of_a_datastore_leads_where_the_datastore_is() -> None:
    store = {"name": "cache", "kind": "redis", "namespace": "back", "aliases": ["old-cache"]}
    made = objects(small(topology_datastores=[store]))
    assert one(made, "Service", "old-cache")["spec"] == one(made, "Service", "cache")["spec"]


# ---------------------------------------------------------------- elsewhere


def pointed(address: str | None, **store: Any) -> list[Manifest]:
    """What is made where ``api`` and ``web`` use a Kafka that somebody else runs."""
    edges = [{"client": name, "server": "kafka", "mode": "publishes"} for name in ("api", "web")]
    whole = {"name": "kafka", "kind": "kafka", "deployment": {"type": "managed"}, **store}
    topology = small(topology_datastores=[whole], topology_dependencies=edges)
    return objects(topology, externals={} if address is None else {"kafka": address})


def test_what_somebody_else_runs_is_pointed_at() -> None:
    assert "kafka" not in names(pointed(None), "Service")
    made = [
        item for item in pointed("kafka.messaging.svc.cluster.local", port=9092) if item["metadata"]["name"] == "kafka"
    ]
    assert [item["metadata"]["namespace"] for item in made] == ["back", "front"], "beside each client"
    assert all(item["spec"]["type"] == "ExternalName" for item in made)
    assert {item["spec"]["externalName"] for item in made} == {"kafka.messaging.svc.cluster.local"}


def test_a_number_stands_in_a_slice() -> None:
    made = pointed("192.0.2.7", port=9092)
    assert [one_spec["spec"] for one_spec in made if one_spec["metadata"]["name"] == "kafka"] == [
        {"ports": [{"name": "main", "port": 9092}]}
    ] * 2
    slices = [item for item in made if item["kind"] == "EndpointSlice"]
    assert [item["endpoints"][0]["addresses"] for item in slices] == [["192.0.2.7"]] * 2
    assert slices[0]["metadata"]["labels"]["kubernetes.io/service-name"] == "kafka"


def test_there_is_no_half_made_broker() -> None:
    workloads = ("Deployment", "StatefulSet")
    found = {item["metadata"]["name"] for item in bundle("target").manifests if item["kind"] in workloads}
    assert not found & {"kafka", "zookeeper", "debezium", "clickhouse", "milvus", "minio", "neo4j", "elasticsearch"}


# ---------------------------------------------------------------- namespaces and files


def test_a_namespace_stands_before_what_is_in_it() -> None:
    for name in SYSTEMS:
        seen: set[str] = set()
        for item in bundle(name).manifests:
            if item["kind"] == "Namespace":
                seen.add(item["metadata"]["name"])
            assert item["metadata"].get("namespace") in {None, *seen}
        assert seen == {space.name for space in system(name).namespaces}


def test_the_rest_goes_where_the_settings_say() -> None:
    made = objects(system("current"), namespace="nova")
    assert all(item["metadata"].get("namespace") == "nova" for item in made if item["kind"] != "Namespace")
    assert names(made, "Namespace") == {"nova"}


def test_files() -> None:
    assert list(bundle("target").files) == [
        "postgres-ha-statefulset.yaml",
        "redis-sentinel-statefulset.yaml",
        "microservices-secrets.yaml",
        "microservices-deployments.yaml",
    ]
    assert list(bundle("current").files)[:3] == [
        "postgres-statefulset.yaml",
        "postgres-messaging-statefulset.yaml",
        "redis-statefulset.yaml",
    ]
