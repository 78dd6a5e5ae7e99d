"""Ports, routes, dependencies, secrets and variables follow what they speak of to where it went."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.consolidation import consolidate
from novaplan.topology.system import Topology
from tests.consolidation.examples import group, heir, main, merged, policy, refusal, service, system
from tests.consolidation.settling import read

HTTP = {"name": "http", "port": 8080}
OTHER = {"name": "http", "port": 8081}


def after(topology: Topology, *groups: dict[str, Any], **fields: Any) -> Topology:
    return consolidate(topology, read(policy(*groups, **fields)))


def values(topology: Topology, name: str, container: str | None = None) -> dict[str, str | None]:
    containers = {item.name: item for item in topology.service[name].containers}
    return {item.name: item.value for item in containers[container or name].env}


# ---------------------------------------------------------------- ports


def test_union_keeps_every_port() -> None:
    made = merged(system(service("a", ports=[HTTP]), service("b", ports=[{"name": "grpc", "port": 9090}])))

    assert [(port.name, port.port) for port in made.ports] == [("grpc", 9090), ("http", 8080)]


def test_fold_keeps_the_primary_s_port() -> None:
    topology = system(service("a", ports=[HTTP]), service("b", ports=[OTHER]))

    made = merged(topology, primary="b", rules={"ports": "fold"})

    assert [(port.name, port.port) for port in made.ports] == [("http", 8081)]


def test_tcp_and_udp_may_share_a_number() -> None:
    udp = {"name": "dns", "port": 8080, "protocol": "udp"}

    assert len(merged(system(service("a", ports=[HTTP]), service("b", ports=[udp]))).ports) == 2


def test_equal_ports_are_two_listeners_until_the_policy_folds_them() -> None:
    topology = system(service("a", ports=[HTTP]), service("b", ports=[HTTP]))

    assert [subject for subject, _, _ in refusal(topology, policy(group("a", "b")))] == ["port:all/http"]
    assert len(merged(topology, rules={"ports": "fold"}).ports) == 1


def test_a_stated_port_stands_in_place_of_all_of_its_name() -> None:
    topology = system(service("a", ports=[HTTP]), service("b", ports=[OTHER]))

    made = merged(topology, settings={"ports": [{"name": "http", "port": 80, "target": 3000}]})

    assert [(port.port, port.target) for port in made.ports] == [(80, 3000)]


def test_whoever_called_a_folded_port_calls_the_one_it_became() -> None:
    topology = system(
        service("a", ports=[HTTP]),
        service("b", ports=[OTHER]),
        main("c", env=[{"name": "B_URL", "value": "http://b:8081/v1"}, {"name": "ODD_URL", "value": "http://b:9999"}]),
        dependencies=[{"client": "c", "server": "b", "port": 8081}, {"client": "c", "server": "a", "port": 8080}],
    )

    target = after(topology, group("a", "b", rules={"ports": "fold"}), group("c", name="c"))

    assert values(target, "c") == {"B_URL": "http://all:8080/v1", "ODD_URL": "http://all:9999"}
    (edge,) = target.dependencies
    assert (edge.server, edge.port) == ("all", 8080)
    assert heir(target, "dependency:c->b/calls/8081").fate == "absorbed"


def test_a_probe_asks_the_port_that_its_own_became() -> None:
    probe = {"type": "tcp", "port": 3001}
    topology = system(
        service("a", ports=[{"name": "http", "port": 80, "target": 3000}]),
        service(
            "b",
            ports=[{"name": "http", "port": 80, "target": 3001}],
            containers=[{"name": "b", "probes": {"startup": probe}}],
        ),
    )

    made = merged(topology, rules={"ports": "fold"}).main

    assert made is not None
    assert made.probes.startup is not None
    assert made.probes.startup.port == 3000


# ---------------------------------------------------------------- routes


def route(path: str, *backends: tuple[str, str, int], **fields: Any) -> dict[str, Any]:
    served = [{"service": name, "port": port, "weight": weight} for name, port, weight in backends]
    return {"path": path, "backends": served, **fields}


def test_routes_follow_their_backends() -> None:
    topology = system(
        service("a", ports=[HTTP]),
        service("b", ports=[OTHER]),
        routes=[
            route("/a", ("a", "http", 100)),
            route("/ab", ("a", "http", 30), ("b", "http", 70)),
            route("/n", ("b", "8081", 100)),
        ],
    )

    target = after(topology, group("a", "b", rules={"ports": "fold"}))

    told = {item.path: [(b.service, b.port, b.weight) for b in item.backends] for item in target.routes}
    assert told == {"/a": [("all", "http", 100)], "/ab": [("all", "http", 100)], "/n": [("all", "8080", 100)]}


def test_a_gateway_of_its_own_goes_on_forwarding() -> None:
    topology = system(service("gate"), service("b", ports=[HTTP]), routes=[route("/", ("b", "http", 100), via="gate")])
    groups = (group("gate", name="door"), group("b"))

    assert after(topology, *groups).routes[0].via == "door"
    assert after(topology, *groups, routes={"gateway": "ingress"}).routes[0].via is None


def test_host_and_certificate_for_every_route() -> None:
    topology = system(
        service("a", ports=[HTTP]),
        routes=[
            route("/", ("a", "http", 100), host="own.example"),
            route("/x", ("a", "http", 100)),
            {"listen": 25, "protocol": "tcp", "backends": [{"service": "a", "port": "http"}]},
        ],
        secrets=[{"name": "tls", "type": "kubernetes.io/tls"}],
    )

    target = after(topology, group("a"), routes={"host": "shop.example", "tls_secret": "tls"})

    told = {(item.host, item.path): (item.tls, item.tls_secret) for item in target.routes}
    assert told == {
        ("own.example", "/"): (True, "tls"),
        ("shop.example", "/x"): (True, "tls"),
        (None, None): (False, None),
    }


def test_equal_routes_become_one() -> None:
    topology = system(
        service("a", ports=[HTTP]),
        routes=[route("/x", ("a", "http", 100)), route("/x", ("a", "http", 100), host="shop.example")],
    )

    target = after(topology, group("a"), routes={"host": "shop.example"})

    assert len(target.routes) == 1
    assert heir(target, "route:*/x").fate == heir(target, "route:shop.example/x").fate == "absorbed"


def test_routes_that_differ_in_anything_do_not_become_one() -> None:
    topology = system(
        service("a", ports=[HTTP]),
        routes=[route("/x", ("a", "http", 100), rewrite="/y"), route("/x", ("a", "http", 100), host="shop.example")],
    )

    told = refusal(topology, policy(group("a"), routes={"host": "shop.example"}))

    assert [subject for subject, _, _ in told] == ["route:shop.example/x"]


# ---------------------------------------------------------------- dependencies


def test_what_one_member_reads_and_another_writes_is_written_over_one_pool() -> None:
    edges = [
        {"client": "a", "server": "pg", "mode": "reads", "database": "shop", "pool": {"max": 5}},
        {"client": "b", "server": "pg", "mode": "writes", "database": "shop", "pool": {"max": 7}},
    ]
    topology = system(service("a"), service("b"), datastores=[{"name": "pg", "kind": "postgres"}], dependencies=edges)

    (edge,) = after(topology, group("a", "b")).dependencies

    assert edge.mode == "writes"
    assert edge.pool is not None
    assert edge.pool.max == 12


def test_a_member_that_keeps_its_reading_apart_goes_on_doing_so() -> None:
    edges = [{"client": "a", "server": "pg", "mode": mode, "database": "shop"} for mode in ("reads", "writes")]
    topology = system(service("a"), service("b"), datastores=[{"name": "pg", "kind": "postgres"}], dependencies=edges)

    assert {edge.mode for edge in after(topology, group("a", "b")).dependencies} == {"reads", "writes"}


def test_a_stated_value_is_no_share_of_a_sum_and_keeps_the_rest() -> None:
    edges = [
        {"client": name, "server": "pg", "mode": "writes", "pool": {"max": 20, "acquire_timeout": "3s"}}
        for name in "ab"
    ]
    topology = system(service("a"), service("b"), datastores=[{"name": "pg", "kind": "postgres"}], dependencies=edges)
    choice = {"match": {"client": "all", "server": "pg"}, "set": {"pool": {"max": 30}}}

    (edge,) = after(topology, group("a", "b"), dependencies=[choice]).dependencies

    assert edge.pool is not None
    assert (edge.pool.max, edge.pool.acquire_timeout) == (30, 3000)


def test_an_edge_is_possible_or_optional_only_when_it_was_for_all() -> None:
    edges = [
        {"client": "a", "server": "x", "possible": True, "optional": True},
        {"client": "b", "server": "x", "optional": True},
    ]
    topology = system(service("a"), service("b"), externals=[{"name": "x"}], dependencies=edges)

    (edge,) = after(topology, group("a", "b")).dependencies

    assert (edge.possible, edge.optional) == (False, True)


def test_where_an_edge_was_declared_is_kept_until_it_is_united_with_another() -> None:
    def seen(client: str, server: str) -> dict[str, Any]:
        return {"client": client, "server": server, "evidence": [{"file": f"{client}.yaml"}]}

    topology = system(
        service("a"),
        service("b"),
        externals=[{"name": "x"}, {"name": "y"}],
        dependencies=[seen("a", "x"), seen("b", "x"), seen("a", "y")],
    )

    made = {edge.server: edge.evidence for edge in after(topology, group("a", "b")).dependencies}

    assert made["x"] == ()
    assert [place.file for place in made["y"]] == ["a.yaml"]


def test_prefixes_of_keys_are_known_only_when_all_are() -> None:
    def topology(*prefixes: list[str]) -> Topology:
        edges = [
            {"client": name, "server": "cache", "mode": "writes", "key_prefixes": known}
            for name, known in zip("ab", prefixes, strict=True)
        ]
        stores = [{"name": "cache", "kind": "memcached"}]
        return system(service("a"), service("b"), datastores=stores, dependencies=edges)

    assert after(topology(["a:"], ["b:"]), group("a", "b")).dependencies[0].key_prefixes == ("a:", "b:")
    assert after(topology(["a:"], []), group("a", "b")).dependencies[0].key_prefixes == ()


@pytest.mark.parametrize(("how", "words"), [("in-process", "a function call"), ("loopback", "loopback interface")])
def test_internal_calls(how: str, words: str) -> None:
    topology = system(service("a"), service("b"), dependencies=[{"client": "a", "server": "b"}])

    target = after(topology, group("a", "b", internal=how))

    assert target.dependencies == ()
    gone = heir(target, "dependency:a->b/calls")
    assert gone.fate == "internal"
    assert words in gone.reason


# ---------------------------------------------------------------- variables

SPACES = [{"name": "web"}, {"name": "back"}]


def addressed(value: str, name: str = "OTHER_URL", **fields: Any) -> Topology:
    """``c`` holds an address; ``a`` and ``b`` become one elsewhere."""
    return system(
        service("a", namespace="back", ports=[{"name": "http", "port": 80, "target": 3000}]),
        service("b", namespace="back", ports=[{"name": "api", "port": 8081}]),
        {**main("c", env=[{"name": name, "value": value}]), "namespace": "web"},
        namespaces=SPACES,
        datastores=[{"name": "pg", "kind": "postgres", "namespace": "back", "port": 5432}],
        **fields,
    )


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("http://a", "http://all"),
        ("http://a:80/x?y=a", "http://all:80/x?y=a"),
        ("http://a.back/x", "http://all.back/x"),
        ("http://a.back.svc.cluster.local:80", "http://all.back.svc.cluster.local:80"),
        ("a.back.svc:80", "all.back.svc:80"),
        ("amqp://user:word@a.back:80/vhost", "amqp://user:word@all.back:80/vhost"),
        ("jdbc:postgresql://pg.back:5432/a", "jdbc:postgresql://store.back:5432/a"),
        ("host=pg port=5432 dbname=a", "host=store port=5432 dbname=a"),
        ("a:80,b:8081", "all:80,all:8081"),
        # None of these is the service.
        ("a", "a"),
        ("http://a.example.org/", "http://a.example.org/"),
        ("http://a.web/", "http://a.web/"),
        ("http://a.back.example.org/", "http://a.back.example.org/"),
        ("http://x/a", "http://x/a"),
        ("s3://a/b", "s3://a/b"),
        ("mail@a.example.org", "mail@a.example.org"),
        ("http://aa:80", "http://aa:80"),
    ],
)
def test_hosts_in_values(value: str, outcome: str) -> None:
    target = after(
        addressed(value, "SETTING"),
        group("a", "b"),
        group("c", name="c"),
        datastores=[{"name": "store", "members": ["pg"]}],
    )

    assert values(target, "c")["SETTING"] == outcome


@pytest.mark.parametrize("name", ["A_HOST", "A_HOSTS", "SERVER", "a_url", "A_ADDR", "A_ENDPOINT"])
def test_a_bare_word_is_a_host_in_a_variable_that_is_named_for_one(name: str) -> None:
    target = after(addressed("a", name), group("a", "b"), group("c", name="c"))

    assert values(target, "c")[name] == "all"


def test_namespaces_follow_and_appear_where_a_bare_name_means_nothing_any_more() -> None:
    topology = system(
        service("a", namespace="back"),
        {
            **main("c", env=[{"name": "FULL", "value": "http://a.back.svc/"}, {"name": "BARE", "value": "http://a/"}]),
            "namespace": "back",
        },
        namespaces=SPACES,
    )

    target = after(topology, group("a", name="x", settings={"namespace": "web"}), group("c", name="c"))

    assert values(target, "c") == {"FULL": "http://x.web.svc/", "BARE": "http://x.web/"}


def test_the_address_of_another_member_is_the_pod_itself() -> None:
    env = [{"name": "B_URL", "value": "http://b.back/x"}, {"name": "BOTH", "value": "b:80,pg:5432"}]
    topology = system(
        {**main("a", env=env), "namespace": "back"},
        service("b", namespace="back", ports=[{"name": "http", "port": 80, "target": 3000}]),
        namespaces=SPACES,
        datastores=[{"name": "pg", "kind": "postgres"}],
    )

    loopback = after(topology, group("a", "b", internal="loopback"))
    assert values(loopback, "all") == {"B_URL": "http://localhost:3000/x", "BOTH": "localhost:3000,pg:5432"}

    # In one process nothing is left to call, but a variable that names others too stays.
    in_process = after(topology, group("a", "b", internal="in-process"))
    assert values(in_process, "all") == {"BOTH": "localhost:3000,pg:5432"}
    assert heir(in_process, "env:a/a/B_URL").fate == "retired"


def test_a_service_goes_on_calling_itself_by_its_name() -> None:
    topology = system(main("a", env=[{"name": "SELF_URL", "value": "http://a:80"}]))

    assert values(after(topology, group("a", name="x")), "x") == {"SELF_URL": "http://x:80"}


def test_variables_of_datastores_follow_too() -> None:
    env = [{"name": "BOOTSTRAP_SERVERS", "value": "kafka:9092"}]
    stores = [
        {"name": "connect", "kind": "kafka-connect", "env": env},
        {"name": "kafka", "kind": "kafka", "port": 9092},
    ]
    topology = system(service("a"), datastores=stores)

    target = after(
        topology, group("a"), datastores=[{"name": "broker", "members": ["kafka"], "settings": {"port": 9093}}]
    )

    assert target.datastore["connect"].env[0].value == "broker:9093"


def test_stated_variables_reach_a_main_container_of_any_name() -> None:
    topology = system(service("a", containers=[{"name": "app", "env": [{"name": "LEVEL", "value": "old"}]}]))

    target = after(topology, group("a", name="x", settings={"env": [{"name": "LEVEL", "value": "new"}]}))

    assert values(target, "x", "app") == {"LEVEL": "new"}


# ---------------------------------------------------------------- secrets


def keyed(name: str, secret: str, key: str = "url", **fields: Any) -> dict[str, Any]:
    variable = {"name": f"{secret}_{key}".upper().replace("-", "_"), "secret": {"name": secret, "key": key}}
    return {**main(name, env=[variable]), **fields}


def secret(name: str, *keys: str, opens: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"name": name, "keys": [{"name": key, **({"opens": opens} if opens else {})} for key in keys], **fields}


def secrets_of(topology: Topology) -> dict[tuple[str | None, str], list[str]]:
    return {(item.namespace, item.name): [key.name for key in item.keys] for item in topology.secrets}


def test_keep_moves_secrets_with_their_users() -> None:
    topology = system(
        keyed("a", "own", namespace="back"),
        keyed("b", "shared", namespace="back"),
        keyed("c", "shared", namespace="back"),
        namespaces=SPACES,
        secrets=[
            secret("own", "url", namespace="back"),
            secret("shared", "url", namespace="back"),
            secret("idle", "x", namespace="back"),
        ],
    )

    target = after(topology, group("a", "b", settings={"namespace": "web"}), group("c", name="c"))

    assert secrets_of(target) == {
        ("web", "own"): ["url"],
        ("back", "shared"): ["url"],
        ("web", "shared"): ["url"],
        ("back", "idle"): ["x"],
    }
    assert heir(target, "secret:back/shared").into == ("secret:back/shared", "secret:web/shared")


def test_a_secret_whose_users_have_not_moved_stays_where_it_was() -> None:
    """Its users may stand without a namespace, as manifests do that leave it to the one who applies them."""
    topology = system(keyed("a", "own"), namespaces=SPACES, secrets=[secret("own", "url", namespace="back")])

    assert secrets_of(after(topology, group("a", name="x"))) == {("back", "own"): ["url"]}


def test_merge_makes_one_secret_of_those_that_only_this_group_uses() -> None:
    topology = system(
        keyed("a", "a-secret"),
        keyed("b", "b-secret", "token"),
        keyed("c", "shared"),
        {**keyed("d", "shared"), "ports": [HTTP]},
        secrets=[
            secret("a-secret", "url"),
            secret("b-secret", "token"),
            secret("shared", "url"),
            secret("certificate", "tls.crt", type="kubernetes.io/tls"),
        ],
        routes=[route("/", ("d", "http", 100), tls=True, tls_secret="certificate")],
    )

    target = after(topology, group("a", "b", "c", secret="one"), group("d", name="d"), rules={"secrets": "merge"})

    # A certificate stays whole, whoever uses it.
    assert secrets_of(target) == {
        (None, "certificate"): ["tls.crt"],
        (None, "one"): ["token", "url"],
        (None, "shared"): ["url"],
    }
    made = target.service["all"].main
    assert made is not None
    assert {item.secret.name for item in made.env if item.secret} == {"one", "shared"}


def test_keys_that_open_the_same_thing_become_one() -> None:
    topology = system(
        keyed("a", "a-secret"),
        keyed("b", "b-secret"),
        datastores=[{"name": name, "kind": "postgres"} for name in ("pg1", "pg2")],
        secrets=[secret("a-secret", "url", opens="datastore:pg1"), secret("b-secret", "url", opens="datastore:pg2")],
    )
    one_server = [{"name": "pg", "members": ["pg1", "pg2"]}]
    groups = group("a", "b", rules={"secrets": "merge"})

    target = after(topology, groups, datastores=one_server)

    (made,) = target.secrets
    assert [(key.name, key.opens) for key in made.keys] == [("url", "datastore:pg")]
    assert [line for _, _, line in refusal(topology, policy(groups))] == [
        'groups[all].rules.secrets: keep, or retire: [{part: "secret-key:b-secret/url", reason: ...}]'
    ]


def test_secrets_of_one_name_that_come_together_unite_their_keys() -> None:
    topology = system(
        keyed("a", "db", "url", namespace="web"),
        keyed("b", "db", "password", namespace="back"),
        namespaces=SPACES,
        secrets=[secret("db", "url", namespace="web"), secret("db", "password", namespace="back")],
    )

    target = after(topology, group("a", "b", settings={"namespace": "web"}))

    assert secrets_of(target) == {("web", "db"): ["password", "url"]}


def test_the_merged_secrets_of_two_groups_in_one_namespace_need_two_names() -> None:
    topology = system(
        keyed("a", "a-secret"), keyed("b", "b-secret"), secrets=[secret("a-secret", "url"), secret("b-secret", "url")]
    )
    plan = policy(group("a", name="a", secret="one"), group("b", name="b", secret="one"), rules={"secrets": "merge"})

    assert [subject for subject, _, _ in refusal(topology, plan)] == ["secret-key:one/url"]


def test_a_key_follows_to_the_database_that_the_policy_gives_its_user() -> None:
    edge = {"client": "a", "server": "pg", "mode": "writes", "database": "old"}
    topology = system(
        keyed("a", "db"),
        datastores=[{"name": "pg", "kind": "postgres", "databases": [{"name": "old"}, {"name": "new"}]}],
        dependencies=[edge],
        secrets=[secret("db", "url", opens="database:pg/old")],
    )
    choice = {"match": {"client": "all", "database": "old"}, "set": {"database": "new"}}

    (made,) = after(topology, group("a"), dependencies=[choice]).secrets

    assert made.keys[0].opens == "database:pg/new"


# ---------------------------------------------------------------- names


def test_names_are_kept_as_aliases() -> None:
    topology = system(service("a", aliases=["x"]), service("b"))

    assert merged(topology, keep_names=True, settings={"aliases": ["y"]}).aliases == ("a", "b", "x", "y")
    assert merged(topology).aliases == ("x",)


def test_a_sidecar_may_have_the_name_of_the_group() -> None:
    topology = system(service("a", containers=[{"name": "a"}, {"name": "all", "kind": "sidecar"}]), main("b"))

    assert [(item.name, item.kind) for item in merged(topology).containers] == [("a", "main"), ("all", "sidecar")]


def test_equal_sidecars_become_one() -> None:
    sidecar = {"name": "proxy", "kind": "sidecar", "image": "envoy"}
    topology = system(service("a", containers=[sidecar]), service("b", containers=[sidecar]))

    target = after(topology, group("a", "b"))

    assert [item.name for item in target.service["all"].containers] == ["proxy"]
    assert heir(target, "container:a/proxy").fate == "absorbed"
