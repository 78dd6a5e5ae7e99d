"""Every kind of conflict: what it is about, what it says, and that the line it names settles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from novaplan.consolidation import consolidate
from novaplan.errors import ConsolidationRefused
from novaplan.topology.system import Topology
from tests.consolidation.examples import group, heir, main, policy, refusal, service, settling, system
from tests.consolidation.settling import read, settled

Case = tuple[Topology, dict[str, Any], list[tuple[str, str, str]]]
CASES: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    CASES[make.__name__] = make
    return make


def redis(*dbs: tuple[int, list[str]], name: str = "redis") -> dict[str, Any]:
    return {"name": name, "kind": "redis", "logical_dbs": [{"index": index, "owners": owners} for index, owners in dbs]}


def uses(client: str, index: int, server: str = "redis", **fields: Any) -> dict[str, Any]:
    return {"client": client, "server": server, "mode": "writes", "logical_db": index, **fields}


PAIR = (service("a"), service("b"))


@case
def two_values_for_one_setting() -> Case:
    topology = system(service("a", team="x"), service("b", team="y"))
    told = ("service:all", "team has several values: x (a), y (b)", "groups[all].settings.team: ...")
    return topology, policy(group("a", "b")), [told]


@case
def different_runtimes() -> Case:
    topology = system(service("a", language="java"), service("b", language="node"), service("c"))
    message = "different runtimes cannot become one process: java (a), node (b)"
    line = "groups[all].settings.language: ..., or a group for each runtime"
    return topology, policy(group("a", "b", "c")), [("service:all", message, line)]


@case
def one_that_must_stop_before_it_starts_again() -> Case:
    topology = system(service("a"), service("b", rollout={"strategy": "recreate"}))
    message = "rollout.strategy has several values: rolling (a), recreate (b)"
    return topology, policy(group("a", "b")), [("service:all", message, "groups[all].settings.rollout.strategy: ...")]


@case
def a_sum_that_no_machine_has() -> Case:
    large = {"limits": {"memory": "7E"}}
    message = "resources.limits.memory adds up to more than any machine has"
    line = "groups[all].settings.resources.limits.memory: ..."
    topology = system(main("a", resources=large), main("b", resources=large))
    return topology, policy(group("a", "b")), [("service:all", message, line)]


@case
def ports_of_one_name() -> Case:
    topology = system(
        service("a", ports=[{"name": "http", "port": 80}]), service("b", ports=[{"name": "http", "port": 81}])
    )
    line = "groups[all].rules.ports: fold, or groups[all].settings.ports: [{name: http, port: ...}]"
    return topology, policy(group("a", "b")), [("port:all/http", "a listens on 80 and b on 81 as 'http'", line)]


@case
def ports_of_one_number() -> Case:
    topology = system(
        service("a", ports=[{"name": "web", "port": 80}]), service("b", ports=[{"name": "api", "port": 80}])
    )
    line = "groups[all].settings.ports: [{name: web, port: ...}]"
    return topology, policy(group("a", "b")), [("port:all/web", "'api' and 'web' both listen on 80", line)]


@case
def ports_reached_under_one_number() -> Case:
    topology = system(
        service("a", ports=[{"name": "web", "port": 80, "target": 3000}]),
        service("b", ports=[{"name": "api", "port": 80, "target": 3001}]),
    )
    line = "groups[all].settings.ports: [{name: web, port: ...}]"
    return topology, policy(group("a", "b")), [("port:all/web", "'api' and 'web' are both reached on 80", line)]


@case
def folded_ports_of_two_protocols() -> Case:
    topology = system(
        service("a", ports=[{"name": "main", "port": 80}]),
        service("b", ports=[{"name": "main", "port": 81, "protocol": "grpc"}]),
    )
    line = "groups[all].settings.ports: [{name: main, port: ...}]"
    plan = policy(group("a", "b", rules={"ports": "fold"}))
    return topology, plan, [("port:all/main", "a speaks http and b grpc as 'main'", line)]


@case
def a_folded_port_that_was_published() -> Case:
    topology = system(
        service("a", ports=[{"name": "http", "port": 80}]),
        service("b", ports=[{"name": "http", "port": 81, "published": 8081}]),
    )
    line = "groups[all].settings.ports: [{name: http, port: ...}]"
    plan = policy(group("a", "b", rules={"ports": "fold"}))
    return topology, plan, [("port:all/http", "b is reached from outside on 8081, a on none as 'http'", line)]


@case
def routes_that_become_one() -> Case:
    ports = [{"name": "http", "port": 80}]
    topology = system(
        service("a", ports=ports),
        service("b", ports=ports),
        routes=[
            {"path": "/x", "backends": [{"service": "a", "port": "http"}]},
            {"host": "shop.example", "path": "/x", "backends": [{"service": "b", "port": "http"}]},
        ],
    )
    plan = policy(group("a", name="a"), group("b", name="b"), routes={"host": "shop.example"})
    message = "route:*/x and route:shop.example/x become one, and do not say the same"
    return topology, plan, [("route:shop.example/x", message, 'retire: [{part: "route:shop.example/x", reason: ...}]')]


@case
def a_gateway_that_is_absorbed() -> Case:
    backends = [{"service": "b", "port": "http"}]
    topology = system(
        service("a", role="gateway"),
        service("b", ports=[{"name": "http", "port": 80}]),
        routes=[{"path": "/x", "via": "a", "backends": backends}, {"path": "/y", "via": "a", "backends": backends}],
    )
    message = "it becomes part of all, so nothing forwards route:*/x and 1 more"
    return topology, policy(group("b", "a")), [("service:a", message, "routes.gateway: ingress")]


@case
def one_logical_db_with_several_owners() -> Case:
    topology = system(*PAIR, service("c"), datastores=[redis((0, ["a", "b", "c"]), (1, ["c"]))])
    message = "all, c would share logical DB 0, and their keys may collide"
    line = 'groups[c].logical_dbs: [{server: redis, part: "logical-db:redis/0", index: 2}]'
    return topology, policy(group("a", "b"), group("c", name="c")), [("logical-db:redis/0", message, line)]


@case
def logical_dbs_of_two_servers() -> Case:
    topology = system(*PAIR, datastores=[redis((0, ["a"]), name="r1"), redis((0, ["b"]), name="r2")])
    plan = policy(group("a", name="a"), group("b", name="b"), datastores=[{"name": "r", "members": ["r1", "r2"]}])
    line = 'groups[b].logical_dbs: [{server: r, part: "logical-db:r2/0", index: 1}]'
    return topology, plan, [("logical-db:r/0", "a, b would share logical DB 0, and their keys may collide", line)]


@case
def logical_dbs_that_nobody_is_known_to_use() -> Case:
    topology = system(service("a"), datastores=[redis((0, []), name="r1"), redis((0, ["a"]), name="r2")])
    plan = policy(group("a"), datastores=[{"name": "r", "members": ["r1", "r2"]}])
    message = "whose keys come from DB 0 of r1 is not known, and they may collide with others"
    return topology, plan, [("logical-db:r/0", message, 'retire: [{part: "logical-db:r1/0", reason: ...}]')]


@case
def keys_of_one_service_that_come_together() -> Case:
    topology = system(*PAIR, datastores=[redis((0, ["a"]), (1, ["b"]))])
    plan = policy(group("a", "b", logical_dbs=[{"server": "redis", "index": 5}]))
    message = "keys of all from DB 0 of redis and DB 1 of redis come together in DB 5 and may collide"
    line = 'groups[all].logical_dbs: [{server: redis, part: "logical-db:redis/1", index: 0}]'
    other = "groups[all].logical_dbs: [{server: redis, index: 5, keys: prefixed}]"
    return topology, plan, [("logical-db:redis/5", message, f"{line}, or {other}")]


@case
def keys_of_one_member_under_one_prefix() -> Case:
    topology = system(service("a"), datastores=[redis((0, ["a"]), (1, ["a"]))])
    plan = policy(group("a", logical_dbs=[{"server": "redis", "index": 5, "keys": "prefixed"}]))
    message = "keys of all from DB 0 of redis and DB 1 of redis come together in DB 5 and may collide"
    line = 'groups[all].logical_dbs: [{server: redis, part: "logical-db:redis/1", index: 0}]'
    return topology, plan, [("logical-db:redis/5", message, line)]


def broker(*groups: str) -> dict[str, Any]:
    return {"name": "mq", "kind": "kafka", "topics": [{"name": "t"}], "consumer_groups": [{"name": g} for g in groups]}


def consumes(client: str, handler: str | None = None, topic: str = "t") -> dict[str, Any]:
    edge = {"client": client, "server": "mq", "mode": "consumes", "topic": topic, "group": "g"}
    return {**edge, **({"handler": handler} if handler else {})}


@case
def one_consumer_group_with_two_handlers() -> Case:
    edges = [consumes("a", "mail"), consumes("b", "count")]
    topology = system(*PAIR, datastores=[broker("g")], dependencies=edges)
    line = "dependencies: [{match: {client: all, server: mq, topic: t, group: g}, set: {handler: ...}}]"
    told = ("consumer-group:mq/g", "g is in two roles: a (mail), b (count)", line)
    return topology, policy(group("a", "b")), [told]


@case
def one_consumer_group_in_two_services() -> Case:
    edges = [consumes("a", "mail"), consumes("c", "count")]
    topology = system(*PAIR, service("c"), datastores=[broker("g")], dependencies=edges)
    line = "dependencies: [{match: {client: c, server: mq, group: g}, set: {group: ...}}]"
    told = ("consumer-group:mq/g", "g is in two roles: all (mail), c (count)", line)
    return topology, policy(group("a", "b"), group("c", name="c")), [told]


@case
def a_dependency_that_becomes_internal() -> Case:
    topology = system(*PAIR, dependencies=[{"client": "a", "server": "b"}])
    line = "groups[all].internal: in-process, or groups[all].internal: loopback"
    return topology, policy(group("a", "b")), [("dependency:a->b/calls", "a calls b, and both become all", line)]


@case
def an_address_that_becomes_internal() -> Case:
    topology = system(main("a", env=[{"name": "B_URL", "value": "http://b:80"}]), service("b"))
    line = "groups[all].internal: in-process, or groups[all].internal: loopback"
    message = "it holds the address of b, which becomes part of all too"
    return topology, policy(group("a", "b")), [("env:a/a/B_URL", message, line)]


@case
def sidecars_of_one_name() -> Case:
    def proxied(name: str, value: str) -> dict[str, Any]:
        env = [{"name": "TOKEN", "value": value}]
        return service(name, containers=[{"name": "proxy", "kind": "sidecar", "image": "envoy", "env": env}])

    topology = system(proxied("a", "hush-1"), proxied("b", "hush-2"))
    message = "containers proxy is not the same in a and b: they differ in env"
    told = ("service:all", message, "groups[all].settings.containers: [{name: proxy, ...}]")
    # The stated sidecar has no such variable.
    return topology, policy(group("a", "b")), [told]


@case
def volumes_of_one_name() -> Case:
    topology = system(
        *(service(n, volumes=[{"name": "data", "size": size}]) for n, size in (("a", "1Gi"), ("b", "2Gi")))
    )
    message = "volumes data has several values: {size: 1Gi} (a), {size: 2Gi} (b)"
    return (
        topology,
        policy(group("a", "b")),
        [("service:all", message, "groups[all].settings.volumes: [{name: data, ...}]")],
    )


@case
def flags_of_one_name() -> Case:
    topology = system(*(service(n, flags=[{"name": "beta", "enabled": on}]) for n, on in (("a", True), ("b", False))))
    message = "flags beta has several values: {enabled: true} (a), {enabled: false} (b)"
    return (
        topology,
        policy(group("a", "b")),
        [("service:all", message, "groups[all].settings.flags: [{name: beta, ...}]")],
    )


@case
def codebases_of_one_name() -> Case:
    topology = system(*(service(n, codebases=[{"name": "mono", "lines": c}]) for n, c in (("a", 10), ("b", 20))))
    message = "codebases mono has several values: {lines: 10} (a), {lines: 20} (b)"
    line = "groups[all].settings.codebases: [{name: mono, ...}]"
    return topology, policy(group("a", "b")), [("service:all", message, line)]


@case
def replicas_outside_the_autoscaling() -> Case:
    topology = system(service("a", autoscaling={"min": 3, "max": 9}), service("b"))
    plan = policy(group("a", "b", settings={"replicas": 2}))
    message = "2 replicas lie outside its autoscaling from 3 to 9"
    return topology, plan, [("service:all", message, "groups[all].settings.autoscaling: {min: ..., max: ...}")]


@case
def a_budget_that_lets_no_pod_go() -> Case:
    topology = system(service("a", replicas=3, disruption_budget={"min_available": 2}), service("b"))
    plan = policy(group("a", "b", settings={"replicas": 2}))
    message = "its disruption budget (min_available 2) would let no pod of 2 go, so no node could be drained"
    return topology, plan, [("service:all", message, "groups[all].settings.disruption_budget: {max_unavailable: ...}")]


@case
def members_that_wait_for_somebody_between_them() -> Case:
    topology = system(
        service("a"), service("b", startup={"wait_for": ["c"]}), service("c", startup={"wait_for": ["a"]})
    )
    message = "startup.wait_for: nothing of this circle can start: all -> c -> all"
    line = "groups[all].settings.startup.wait_for: ..."
    return topology, policy(group("a", "b"), group("c", name="c")), [("service:all", message, line)]


@case
def a_tier_that_is_too_late() -> Case:
    topology = system(
        service("a", startup={"tier": 1}),
        service("b", startup={"tier": 3}),
        service("c", startup={"tier": 2, "wait_for": ["a"]}),
    )
    message = "startup.wait_for: c is in tier 2 but waits for all of the later tier 3"
    line = "groups[c].settings.startup.wait_for: ..."
    return topology, policy(group("a", "b"), group("c", name="c")), [("service:c", message, line)]


@case
def a_name_that_is_kept_but_taken() -> Case:
    topology = system(*PAIR, service("c"))
    plan = policy(group("a", "b", name="ab", keep_names=True), group("c", name="a"))
    message = "it keeps the name 'a', which is also the name of something else in the target"
    return topology, plan, [("service:ab", message, "groups[ab].keep_names: false")]


@case
def datastores_that_differ() -> Case:
    topology = system(
        service("a"),
        datastores=[
            {"name": n, "kind": "mysql", "version": v, "port": p} for n, v, p in (("m1", "8", 1), ("m2", "9", 2))
        ],
    )
    plan = policy(group("a"), datastores=[{"name": "m", "members": ["m1", "m2"]}])
    told = [
        ("datastore:m", "port has several values: 1 (m1), 2 (m2)", "datastores[m].settings.port: ..."),
        ("datastore:m", "version has several values: 8 (m1), 9 (m2)", "datastores[m].settings.version: ..."),
    ]
    return topology, plan, told


@case
def variables_of_datastores() -> Case:
    topology = system(
        service("a"),
        datastores=[
            {"name": n, "kind": "mysql", "env": [{"name": "MODE", "value": v}]} for n, v in (("m1", "x"), ("m2", "y"))
        ],
    )
    plan = policy(group("a"), datastores=[{"name": "m", "members": ["m1", "m2"]}])
    message = "env MODE has several values: a plain value (m1), a plain value (m2)"
    return topology, plan, [("datastore:m", message, "datastores[m].settings.env: [{name: MODE, ...}]")]


@case
def databases_of_one_name() -> Case:
    topology = system(
        service("a"), datastores=[{"name": n, "kind": "mysql", "databases": [{"name": "shop"}]} for n in ("m1", "m2")]
    )
    plan = policy(group("a"), datastores=[{"name": "m", "members": ["m1", "m2"]}])
    message = "m1 and m2 each have a database 'shop'; their contents would mix"
    return topology, plan, [("database:m/shop", message, 'retire: [{part: "database:m2/shop", reason: ...}]')]


@case
def keys_of_secrets_that_may_open_different_things() -> Case:
    def keyed(name: str) -> dict[str, Any]:
        return main(name, env=[{"name": f"{name}_URL".upper(), "secret": {"name": f"{name}-secret", "key": "url"}}])

    secrets = [{"name": f"{n}-secret", "keys": [{"name": "url"}]} for n in ("a", "b")]
    topology = system(keyed("a"), keyed("b"), secrets=secrets)
    message = "a-secret and b-secret both have a key 'url', and nothing says that the two values open the same thing"
    line = 'groups[all].rules.secrets: keep, or retire: [{part: "secret-key:b-secret/url", reason: ...}]'
    told = ("secret-key:all-secret/url", message, line)
    return topology, policy(group("a", "b", rules={"secrets": "merge"})), [told]


@case
def a_port_that_its_service_does_not_declare() -> Case:
    topology = system(*PAIR, routes=[{"path": "/x", "backends": [{"service": "a", "port": "http"}]}])
    line = "groups[all].settings.ports: [{name: http, port: ...}]"
    told = ("route:*/x", "it is served by port 'http', which a does not declare", line)
    return topology, policy(group("a", "b")), [told]


@case
def a_part_that_lands_nowhere() -> Case:
    sidecar = {"name": "proxy", "kind": "sidecar"}
    topology = system(service("a", containers=[{**sidecar, "env": [{"name": "MODE", "value": "x"}]}]))
    plan = policy(group("a", settings={"containers": [sidecar]}))
    line = 'retire: [{part: "env:a/proxy/MODE", reason: ...}]'
    return topology, plan, [("env:a/proxy/MODE", "this env lands nowhere", line)]


@pytest.mark.parametrize("name", CASES)
def test_conflict(name: str) -> None:
    topology, plan, told = CASES[name]()

    settling(topology, plan, *told)


def test_all_conflicts_are_told_at_once_in_one_order() -> None:
    """Those of every kind together: settings, ports, calls, keys, and what lands nowhere because of them."""
    topology = system(
        service("a", team="x", language="java", replicas=1, ports=[{"name": "http", "port": 1}]),
        service("b", team="y", language="node", replicas=2, ports=[{"name": "http", "port": 2}]),
        service("c"),
        datastores=[redis((0, ["a", "b", "c"])), {"name": "unused", "kind": "kafka"}],
        dependencies=[{"client": "a", "server": "b"}, {"client": "c", "server": "unused"}],
    )
    retire = [{"part": "datastore:unused", "reason": "nobody needs it"}]
    plan = policy(group("a", "b", rules={"replicas": "same"}), group("c", name="c"), retire=retire)

    told = refusal(topology, plan)

    assert [subject for subject, _, _ in told] == [
        "dependency:a->b/calls",
        "dependency:c->unused/calls",
        "logical-db:redis/0",
        "port:all/http",
        "service:all",
        "service:all",
        "service:all",
    ]
    target, _ = settled(topology, plan)
    assert set(target.service) == {"all", "c"}


def test_the_error_names_part_message_and_line_on_one_line_for_each() -> None:
    topology = system(service("a", team="x"), service("b", team="y"))

    with pytest.raises(ConsolidationRefused) as refused:
        consolidate(topology, read(policy(group("a", "b"))))

    assert str(refused.value) == (
        "service:all: team has several values: x (a), y (b); settle it with groups[all].settings.team: ..."
    )


def test_no_value_of_a_variable_is_told() -> None:
    """Values may hold what should have been a secret, in variables of every container and in commands."""

    def secretive(name: str) -> dict[str, Any]:
        env = [{"name": "TOKEN", "value": f"hush-{name}"}]
        sidecar = {"name": "proxy", "kind": "sidecar", "command": ["run", f"hush-{name}"], "env": env}
        probe = {"type": "exec", "command": ["check", f"hush-{name}"]}
        own = {"name": name, "command": ["serve", f"hush-{name}"], "env": env, "probes": {"liveness": probe}}
        return service(name, containers=[own, sidecar])

    stores = [{"name": n, "kind": "mysql", "env": [{"name": "TOKEN", "value": f"hush-{n}"}]} for n in ("m1", "m2")]
    topology = system(secretive("a"), secretive("b"), datastores=stores)
    plan = policy(group("a", "b", rules={"probes": "same"}), datastores=[{"name": "m", "members": ["m1", "m2"]}])

    told = refusal(topology, plan)

    assert len(told) == 5
    assert "hush" not in repr(told)


def test_prefixed_keys_come_together() -> None:
    """The other line that settles it: each member's keys get its name as a prefix, and those they had follow."""
    edges = [uses("a", 0, key_prefixes=["session:"]), uses("b", 1)]
    topology = system(*PAIR, datastores=[redis((0, ["a"]), (1, ["b"]))], dependencies=edges)
    plan = policy(group("a", "b", logical_dbs=[{"server": "redis", "index": 5, "keys": "prefixed"}]))

    target = consolidate(topology, read(plan))

    (edge,) = target.dependencies
    assert (edge.logical_db, edge.key_prefixes) == (5, ("a:session:", "b:"))
    assert heir(target, "logical-db:redis/0").into == heir(target, "logical-db:redis/1").into == ("logical-db:redis/5",)


def test_keys_with_prefixes_that_cannot_meet_share_a_db() -> None:
    stores = [redis((0, ["a", "b", "c"]))]

    def sharing(prefix: str) -> Topology:
        edges = [
            uses("a", 0, key_prefixes=["a:"]),
            uses("b", 0, key_prefixes=["b:"]),
            uses("c", 0, key_prefixes=[prefix]),
        ]
        return system(*PAIR, service("c"), datastores=stores, dependencies=edges)

    plan = policy(group("a", "b"), group("c", name="c"))

    assert consolidate(sharing("c:"), read(plan)).datastore["redis"].logical_dbs[0].owners == ("all", "c")
    assert [subject for subject, _, _ in refusal(sharing("a:deep:"), plan)] == ["logical-db:redis/0"]


def test_a_db_that_was_shared_before_and_that_nothing_touches_stays() -> None:
    topology = system(*PAIR, datastores=[redis((0, ["a", "b"]))])

    target = consolidate(topology, read(policy(group("a", name="x"), group("b", name="y"))))

    assert target.datastore["redis"].logical_dbs[0].owners == ("x", "y")


def test_moving_into_the_db_of_somebody_else_is_a_conflict() -> None:
    topology = system(*PAIR, datastores=[redis((0, ["a"]), (1, ["b"]))])
    plan = policy(group("a", name="a"), group("b", name="b", logical_dbs=[{"server": "redis", "index": 0}]))

    assert [subject for subject, _, _ in refusal(topology, plan)] == ["logical-db:redis/0"]


def test_a_runtime_for_each_group_is_no_conflict() -> None:
    topology = system(service("a", language="java"), service("b", language="node"))

    assert len(consolidate(topology, read(policy(group("a", name="x"), group("b", name="y")))).services) == 2


def test_one_handler_in_two_services_shares_the_work() -> None:
    edges = [consumes("a", "mail"), consumes("c", "mail")]
    topology = system(*PAIR, service("c"), datastores=[broker("g")], dependencies=edges)

    target = consolidate(topology, read(policy(group("a", "b"), group("c", name="c"))))

    assert {edge.client for edge in target.dependencies} == {"all", "c"}


def test_one_service_may_handle_two_topics_of_a_group_differently() -> None:
    edges = [consumes("a", "mail"), consumes("b", "count", topic="u")]
    topology = system(*PAIR, datastores=[broker("g")], dependencies=edges)

    target = consolidate(topology, read(policy(group("a", "b"))))

    assert {edge.handler for edge in target.dependencies} == {"mail", "count"}
