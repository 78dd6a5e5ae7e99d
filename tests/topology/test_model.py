"""The model by example: what counts as equal, what is derived, what a file of it looks like."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from novaplan.topology.base import Model, replace
from novaplan.topology.datastore import Cluster, Datastore, Kafka, Managed, Patroni, Sentinel, Standalone
from novaplan.topology.graph import graph, node_link
from novaplan.topology.parts import (
    address,
    dependency_address,
    join,
    kind_of,
    label_of,
    parent_of,
    path_of,
    route_address,
    secret_address,
    split,
)
from novaplan.topology.service import Compute, Container, Port, Probe, Resources, Service, Termination
from novaplan.topology.storage import dumps, loads
from novaplan.topology.system import Topology
from novaplan.topology.tables import details, overview, plural, summary
from novaplan.topology.wiring import Dependency, Pool, Route

SHOP = """\
format: novaplan/topology/v1
name: shop
namespaces:
  - name: shop
services:
  - name: api
    namespace: shop
    startup:
      tier: 1
      wait_for:
        - db
    ports:
      - name: http
        port: 8080
    containers:
      - name: api
        resources:
          requests:
            cpu: 250m
            memory: 512Mi
        env:
          - name: DATABASE_URL
            secret:
              name: api
              key: url
datastores:
  - name: db
    kind: mysql
    startup_tier: 0
    databases:
      - name: shop
        owner: api
        schemas:
          - name: public
externals:
  - name: smtp.example.org
    kind: smtp
dependencies:
  - client: api
    server: db
    mode: writes
    database: shop
    schemas:
      - public
    pool:
      max: 20
  - client: api
    server: smtp.example.org
routes:
  - path: /api
    backends:
      - service: api
        port: http
secrets:
  - name: api
    namespace: shop
    keys:
      - name: url
"""


@pytest.fixture
def shop() -> Topology:
    return loads(SHOP)


def test_a_file_in_the_order_and_the_form_of_novaplan_is_written_as_it_was_read(shop: Topology) -> None:
    assert dumps(shop) == SHOP


def test_defaults_are_not_written(shop: Topology) -> None:
    assert "replicas" not in dumps(shop)
    assert dumps(Topology()) == "format: novaplan/topology/v1\n"


def test_a_header_is_a_comment(shop: Topology) -> None:
    assert dumps(shop, header="made by hand") == "# made by hand\n" + SHOP


def test_quantities_are_exact_and_written_the_shortest_way() -> None:
    requests = Compute(cpu="0.25", memory="1024Mi")

    assert (requests.cpu, requests.memory) == (250, 1 << 30)
    assert Topology(
        services=(Service(name="a", containers=(Container(name="a", resources=Resources(requests=requests)),)),)
    ).to_dict()["services"] == [
        {"name": "a", "containers": [{"name": "a", "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}}}]}
    ]


def test_zero_is_not_the_same_as_nothing() -> None:
    assert Compute(cpu=0) != Compute()


def test_a_model_is_frozen(shop: Topology) -> None:
    with pytest.raises(ValidationError):
        shop.services[0].name = "other"  # type: ignore[misc]


def test_services_datastores_and_externals_are_found_by_name(shop: Topology) -> None:
    assert shop.service["api"] is shop.services[0]
    assert shop.datastore["db"] is shop.datastores[0]
    assert shop.external["smtp.example.org"] is shop.externals[0]


def test_what_is_replaced_is_not_found_under_its_old_value(shop: Topology) -> None:
    assert shop.service["api"].replicas == 1
    digest = shop.digest

    changed = replace(shop, services=(replace(shop.services[0], replicas=5),))

    assert changed.service["api"].replicas == 5
    assert changed.digest != digest


@pytest.mark.parametrize(
    ("deployment", "members"),
    [
        (Standalone(), 1),
        (Sentinel(type="sentinel", members=3, sentinels=3, quorum=2), 3),
        (Patroni(type="patroni", members=2), 2),
        (Kafka(type="kafka", brokers=5), 5),
        (Cluster(type="cluster", members=6), 6),
        (Managed(type="managed"), 0),
    ],
)
def test_how_many_servers_a_datastore_runs(deployment: object, members: int) -> None:
    assert Datastore(name="db", kind="any", deployment=deployment).members == members


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        (Standalone(), False),
        (Sentinel(type="sentinel", members=2, sentinels=3, quorum=2), True),
        (Patroni(type="patroni", members=1), False),
        (Patroni(type="patroni", members=2), True),
        (Kafka(type="kafka", brokers=3), False),
        (Kafka(type="kafka", brokers=3, replication_factor=2), True),
        (Cluster(type="cluster", members=3, failover=False), False),
        (Cluster(type="cluster", members=3), True),
        (Managed(type="managed"), False),
    ],
)
def test_which_datastores_survive_the_loss_of_a_member(deployment: object, expected: bool) -> None:
    assert Datastore(name="db", kind="any", deployment=deployment).highly_available is expected


def test_a_port_listens_on_its_target_where_that_differs() -> None:
    assert Port(name="a", port=80).listens_on == 80
    assert Port(name="a", port=80, target=8080).listens_on == 8080


def test_the_main_container_is_the_one_of_that_kind() -> None:
    proxy, app = Container(name="proxy", kind="sidecar"), Container(name="app")

    assert Service(name="a", containers=(proxy, app)).main == app
    assert Service(name="a", containers=(proxy,)).main is None


def test_defaults_are_those_of_kubernetes() -> None:
    probe, termination = Probe(), Termination()

    assert (probe.period, probe.timeout, probe.failure_threshold) == (10_000, 1_000, 3)
    assert (termination.grace, termination.pre_stop) == (30_000, 0)


# ---------------------------------------------------------------- parts


def test_a_block_that_stands_as_a_default_is_the_one_its_class_makes() -> None:
    blocks = [field.default for model in Model.__subclasses__() for field in model.model_fields.values()]
    blocks = [block for block in blocks if isinstance(block, Model)]

    assert len(blocks) > 10
    for block in blocks:
        made = type(block)()
        assert (block, vars(block), block.model_fields_set) == (made, vars(made), set())
        assert block.model_dump(exclude_defaults=True) == {}


def test_importing_the_model_builds_no_validator() -> None:
    code = (
        "from novaplan.topology import system\n"
        "from novaplan.topology.base import Model\n"
        "print([model.__name__ for model in Model.__subclasses__() if model.__pydantic_complete__])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_part_has_an_address(shop: Topology) -> None:
    assert list(split(shop)) == [
        "system:",
        "namespace:shop",
        "service:api",
        "container:api/api",
        "env:api/api/DATABASE_URL",
        "port:api/http",
        "datastore:db",
        "database:db/shop",
        "schema:db/shop/public",
        "external:smtp.example.org",
        "dependency:api->db/writes/shop",
        "dependency:api->smtp.example.org/calls",
        "route:*/api",
        "secret:shop/api",
        "secret-key:shop/api/url",
    ]


def test_a_part_stands_without_the_parts_in_it(shop: Topology) -> None:
    parts = split(shop)

    assert parts["service:api"] == replace(shop.services[0], ports=(), containers=())
    assert parts["database:db/shop"] == replace(shop.datastores[0].databases[0], schemas=())


def test_a_slash_in_a_name_does_not_split_the_address() -> None:
    assert address("database", "db", "a/b%") == "database:db/a%2Fb%25"
    assert label_of("database:db/a%2Fb%25") == "db/a/b%"
    assert kind_of("database:db/a") == "database"
    assert path_of("database:db/a") == "db/a"


@pytest.mark.parametrize(
    ("part", "parent"),
    [
        ("service:api", "system:"),
        ("env:api/main/A", "container:api/main"),
        ("schema:db/shop/public", "database:db/shop"),
        ("secret-key:shop/api/url", "secret:shop/api"),
        ("dependency:a->b/calls", "system:"),
    ],
)
def test_a_part_belongs_to_another(part: str, parent: str) -> None:
    assert parent_of(part) == parent


def test_a_part_without_the_one_it_belongs_to_is_refused(shop: Topology) -> None:
    parts = split(shop)
    del parts["container:api/api"]

    with pytest.raises(KeyError, match="env:api/api/DATABASE_URL belongs to container:api/api, which is missing"):
        join(parts)


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ({}, "dependency:a->b/calls"),
        ({"port": 80}, "dependency:a->b/calls/80"),
        ({"mode": "writes", "database": "x/y"}, "dependency:a->b/writes/x%2Fy"),
        ({"mode": "writes", "logical_db": 3}, "dependency:a->b/writes/3"),
        ({"mode": "consumes", "topic": "t", "group": "g"}, "dependency:a->b/consumes/t/g"),
    ],
)
def test_the_address_of_a_dependency(edge: dict[str, object], expected: str) -> None:
    assert dependency_address(Dependency(client="a", server="b", **edge)) == expected


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ({"path": "/api"}, "route:*/api"),
        ({"path": "/api", "match": "exact"}, "route:*/api (exact)"),
        ({"host": "a.example", "path": "/", "listen": 8443}, "route:a.example:8443/"),
        ({"listen": 1935}, "route:*:1935"),
    ],
)
def test_the_address_of_a_route(route: dict[str, object], expected: str) -> None:
    assert route_address(Route(backends=({"service": "a", "port": "http"},), **route)) == expected


def test_the_address_of_a_secret() -> None:
    assert secret_address("a", None) == "secret:a"
    assert secret_address("a", "prod") == "secret:prod/a"


# ---------------------------------------------------------------- graph and tables


def test_the_graph_holds_what_is_stated_and_nothing_else(shop: Topology) -> None:
    found = graph(shop)

    assert found.name == "shop"
    assert found.nodes["api"] == {"category": "service", "kind": "core", "replicas": 1, "namespace": "shop"}
    assert found.nodes["db"] == {"category": "datastore", "kind": "mysql", "replicas": 1, "deployment": "standalone"}
    assert found.nodes["smtp.example.org"] == {"category": "external", "kind": "smtp"}
    assert found.get_edge_data("api", "db") == {0: {"mode": "writes", "database": "shop", "pool": 20}}


def test_the_node_link_form_has_ids_and_sources_and_targets(shop: Topology) -> None:
    data = node_link(shop)

    assert [node["id"] for node in data["nodes"]] == ["api", "db", "smtp.example.org"]
    assert {(edge["source"], edge["target"], edge["mode"]) for edge in data["edges"]} == {
        ("api", "db", "writes"),
        ("api", "smtp.example.org", "calls"),
    }


def test_the_overview_of_a_system(shop: Topology) -> None:
    tables = {table.title: table.rows for table in overview(shop)}

    assert tables["Services"] == (("api", "core", None, "shop", "1", (8080,), 1),)
    assert tables["Datastores"] == (("db", "mysql", "standalone", 1, None, ("shop",)),)
    assert tables["Dependencies"][0] == ("api", "writes", "db", "shop (public), pool 20")
    assert tables["Routes"] == (("*", "/api", "ingress", ("api:http",)),)
    assert tables["Secrets"] == (("shop", "api", ("url",)),)
    assert "Not modelled" not in tables


def test_the_summary_of_a_system(shop: Topology) -> None:
    assert summary(shop) == "shop: 1 service, 1 datastore, 1 external, 2 dependencies, 1 route, 1 secret"


def test_details_of_a_dependency() -> None:
    edge = Dependency(client="a", server="b", topic="t", group="g", port=9092, pool=Pool(max=3), possible=True)

    assert details(edge) == "t, group g, port 9092, pool 3, only possible"
    assert details(Dependency(client="a", server="b", logical_db=0)) == "DB 0"


@pytest.mark.parametrize(
    ("noun", "many"), [("service", "services"), ("dependency", "dependencies"), ("policy", "policies")]
)
def test_nouns_in_the_plural(noun: str, many: str) -> None:
    assert plural(noun, 1) == noun
    assert plural(noun, 2) == many
