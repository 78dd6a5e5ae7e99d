"""Datastores: what they hold, what is laid over it, and what becomes of a part that is retired."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.consolidation import consolidate
from novaplan.topology.system import Topology
from tests.consolidation.examples import group, heir, main, policy, refusal, service, settling, system
from tests.consolidation.settling import read


def after(topology: Topology, *groups: dict[str, Any], **fields: Any) -> Topology:
    return consolidate(topology, read(policy(*groups, **fields)))


def mysql(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "kind": "mysql", **fields}


def test_servers_that_become_one() -> None:
    stores = [
        mysql(
            "m1", storage="10Gi", connections={"max": 100}, aliases=["db"], startup_tier=0, databases=[{"name": "x"}]
        ),
        mysql("m2", storage="5Gi", startup_tier=1, databases=[{"name": "y", "owner": "b"}]),
        {"name": "cdc", "kind": "debezium"},
    ]
    edges = [
        {"client": "cdc", "server": name, "mode": "reads", "database": d} for name, d in (("m1", "x"), ("m2", "y"))
    ]
    topology = system(service("a"), service("b"), datastores=stores, dependencies=edges)

    target = after(topology, group("a", "b"), datastores=[{"name": "m", "members": ["m2", "m1"]}])

    made = target.datastore["m"]
    assert (made.storage, made.startup_tier, made.aliases) == (15 << 30, 1, ("db",))
    # Only one of them says how many clients it takes, which is no disagreement.
    assert made.connections.max == 100
    assert [(database.name, database.owner) for database in made.databases] == [("x", None), ("y", "all")]
    assert {(edge.client, edge.server, edge.database) for edge in target.dependencies} == {
        ("cdc", "m", "x"),
        ("cdc", "m", "y"),
    }
    assert heir(target, "datastore:m1").fate == heir(target, "datastore:m2").fate == "absorbed"
    assert heir(target, "database:m1/x").into == ("database:m/x",)


def test_the_order_of_servers_but_the_first_carries_no_meaning() -> None:
    stores = [mysql(f"m{n}", spread={"topology_key": f"k{n}"}, description=f"d{n}") for n in (1, 2, 3)]
    topology = system(service("a"), datastores=stores)

    one = after(topology, group("a"), datastores=[{"name": "m", "members": ["m2", "m1", "m3"]}])
    other = after(topology, group("a"), datastores=[{"name": "m", "members": ["m2", "m3", "m1"]}])

    assert one == other
    assert (one.datastore["m"].spread.topology_key, one.datastore["m"].description) == ("k2", "d2; d1; d3")


def test_calls_between_servers_that_become_one_are_internal() -> None:
    edge = {"client": "m1", "server": "m2"}
    topology = system(service("a"), datastores=[mysql("m1"), mysql("m2")], dependencies=[edge])

    target = after(topology, group("a"), datastores=[{"name": "m", "members": ["m1", "m2"]}])

    assert heir(target, "dependency:m1->m2/calls").fate == "internal"


def test_settings_lie_over_what_is_there_at_every_depth() -> None:
    schema = {"name": "public", "owner": "a", "tables": ["t"]}
    store = {
        "name": "pg",
        "kind": "postgres",
        "connections": {"max": 100, "reserved": 3},
        "disruption_budget": {"min_available": 1},
        "databases": [{"name": "shop", "owner": "a", "description": "kept", "schemas": [schema]}],
    }
    topology = system(service("a"), datastores=[store])
    databases = [{"name": "shop", "schemas": [{"name": "public", "owner": "x"}, {"name": "more"}]}, {"name": "new"}]
    settings = {"connections": {"max": 200}, "disruption_budget": {"max_unavailable": 1}, "databases": databases}

    target = after(topology, group("a", name="x"), datastores=[{"name": "pg", "members": ["pg"], "settings": settings}])

    made = target.datastore["pg"]
    assert (made.connections.max, made.connections.reserved) == (200, 3)
    assert made.disruption_budget is not None
    assert (made.disruption_budget.min_available, made.disruption_budget.max_unavailable) == (None, 1)
    new, shop = made.databases
    assert (new.name, shop.description, shop.owner) == ("new", "kept", "x")
    assert [(item.name, item.owner, item.tables) for item in shop.schemas] == [
        ("more", None, ()),
        ("public", "x", ("t",)),
    ]


def test_part_of_a_setting_states_nothing_about_the_rest() -> None:
    """As if the stated part had been that of every member: rules see what is left to them."""
    topology = system(
        service("a", startup={"tier": 1, "wait_for": ["m1"]}, termination={"grace": "10s"}),
        service("b", startup={"tier": 2, "wait_for": ["m2"]}, termination={"grace": "50s"}),
        datastores=[mysql("m1"), mysql("m2")],
    )
    settings = {"startup": {"tier": 5}, "termination": {"drain": "1s"}}

    made = after(topology, group("a", "b", settings=settings)).service["all"]

    assert (made.startup.tier, made.startup.wait_for) == (5, ("m1", "m2"))
    assert (made.termination.grace, made.termination.drain) == (50_000, 1000)


def test_logical_dbs_stay_or_move() -> None:
    dbs = [{"index": 0, "owners": ["a"], "durable": True}, {"index": 1, "owners": ["b"], "purpose": "counters"}]
    edges = [{"client": name, "server": "redis", "mode": "writes", "logical_db": n} for n, name in enumerate("ab")]
    stores = [{"name": "redis", "kind": "redis", "logical_dbs": dbs}]
    topology = system(service("a"), service("b"), datastores=stores, dependencies=edges)
    choice = {"server": "redis", "part": "logical-db:redis/1", "index": 7}

    target = after(topology, group("a", "b", logical_dbs=[choice]))

    told = [(item.index, item.owners, item.durable, item.purpose) for item in target.datastore["redis"].logical_dbs]
    assert told == [(0, ("all",), True, ""), (7, ("all",), False, "counters")]
    assert {edge.logical_db for edge in target.dependencies} == {0, 7}
    assert heir(target, "logical-db:redis/1").fate == "moved"


def test_owners_of_one_db_may_part() -> None:
    stores = [{"name": "redis", "kind": "redis", "logical_dbs": [{"index": 0, "owners": ["a", "b"]}]}]
    topology = system(service("a"), service("b"), datastores=stores)

    target = after(topology, group("a", name="a"), group("b", name="b", logical_dbs=[{"server": "redis", "index": 1}]))

    assert [(item.index, item.owners) for item in target.datastore["redis"].logical_dbs] == [(0, ("a",)), (1, ("b",))]
    assert heir(target, "logical-db:redis/0").into == ("logical-db:redis/0", "logical-db:redis/1")


def test_namespaces_go_when_nothing_is_left_in_them() -> None:
    topology = system(
        service("a", namespace="old"),
        service("b", namespace="kept"),
        namespaces=[{"name": "old"}, {"name": "kept", "description": "what was"}, {"name": "empty"}],
    )
    groups = (group("a", name="a", settings={"namespace": "new"}), group("b", name="b"))
    stated = [{"name": "new"}, {"name": "kept"}]

    target = after(topology, *groups, namespaces=stated)

    # One that was empty before may be there for somebody else.
    assert [(item.name, item.description) for item in target.namespaces] == [
        ("empty", ""),
        ("kept", "what was"),
        ("new", ""),
    ]
    assert heir(target, "namespace:old").reason == "nothing is left in it"


# ---------------------------------------------------------------- retirement

RETIRED: dict[str, tuple[str, dict[str, Any], tuple[str, str, str]]] = {
    "an external with dependencies": (
        "external:sms",
        {"externals": [{"name": "sms"}], "dependencies": [{"client": "a", "server": "sms"}]},
        (
            "dependency:a->sms/calls",
            "sms is retired, but this dependency is not",
            'retire: [{part: "dependency:a->sms/calls", reason: ...}]',
        ),
    ),
    "a datastore that a service waits for": (
        "datastore:m1",
        {"services": [service("a", startup={"wait_for": ["m1"]})]},
        ("service:all", "a waits for m1, which is retired", "groups[all].settings.startup.wait_for: [...]"),
    ),
    "a datastore whose address a variable holds": (
        "datastore:m1",
        {"services": [main("a", env=[{"name": "DB_HOST", "value": "m1"}])]},
        (
            "env:a/a/DB_HOST",
            "it holds the address of m1, which is retired",
            'retire: [{part: "env:a/a/DB_HOST", reason: ...}]',
        ),
    ),
    "a database in use": (
        "database:m1/shop",
        {"dependencies": [{"client": "a", "server": "m1", "mode": "reads", "database": "shop"}]},
        (
            "dependency:a->m1/reads/shop",
            "it uses database 'shop', which is retired",
            'retire: [{part: "dependency:a->m1/reads/shop", reason: ...}]',
        ),
    ),
    "a schema in use": (
        "schema:m1/shop/public",
        {"dependencies": [{"client": "a", "server": "m1", "mode": "reads", "database": "shop", "schemas": ["public"]}]},
        (
            "dependency:a->m1/reads/shop",
            "it uses schema 'public', which is retired",
            'retire: [{part: "dependency:a->m1/reads/shop", reason: ...}]',
        ),
    ),
    "a secret that a variable names": (
        "secret:db",
        {"services": [main("a", env=[{"name": "PASSWORD", "secret": {"name": "db", "key": "password"}}])]},
        (
            "env:a/a/PASSWORD",
            "it names db/password, which is retired",
            'retire: [{part: "env:a/a/PASSWORD", reason: ...}]',
        ),
    ),
    "a key that a dependency names": (
        "secret-key:db/password",
        {"dependencies": [{"client": "a", "server": "m1", "secret": {"name": "db", "key": "password"}}]},
        (
            "dependency:a->m1/calls",
            "it names db/password, which is retired",
            "dependencies: [{match: {client: all, server: m1, mode: calls}, set: {secret: ...}}]",
        ),
    ),
    "a secret that a datastore names": (
        "secret:db",
        {"datastores": [mysql("m1", env=[{"name": "ROOT", "secret": {"name": "db", "key": "password"}}])]},
        (
            "datastore:m1",
            "it names db/password, which is retired",
            "datastores: [{name: m1, members: [m1], settings: {env: [{name: ROOT, ...}]}}]",
        ),
    ),
    "a certificate in use": (
        "secret:db",
        {
            "services": [service("a", ports=[{"name": "http", "port": 80}])],
            "routes": [{"path": "/", "tls": True, "tls_secret": "db", "backends": [{"service": "a", "port": "http"}]}],
        },
        ("route:*/", "its certificate db is retired", "routes.tls_secret: ..."),
    ),
    "a port that a route reaches": (
        "port:a/http",
        {
            "services": [service("a", ports=[{"name": "http", "port": 80}])],
            "routes": [{"path": "/", "backends": [{"service": "a", "port": "http"}]}],
        },
        (
            "route:*/",
            "it is served by port 'http' of a, which is retired",
            'retire: [{part: "route:*/", reason: ...}]',
        ),
    ),
    "a port that a probe asks": (
        "port:a/http",
        {
            "services": [
                service(
                    "a",
                    ports=[{"name": "http", "port": 80}],
                    containers=[{"name": "a", "probes": {"liveness": {"port": "http"}}}],
                )
            ]
        },
        (
            "service:all",
            "the liveness probe of a asks port 'http', which is retired",
            "groups[all].settings.probes.liveness: ...",
        ),
    ),
    "a port that somebody calls": (
        "port:a/http",
        {
            "services": [service("a", ports=[{"name": "http", "port": 80}])],
            "dependencies": [{"client": "m1", "server": "a", "port": 80}],
        },
        (
            "dependency:m1->a/calls/80",
            "it calls port 80, which is retired",
            "dependencies: [{match: {client: m1, server: all, mode: calls}, set: {port: ...}}]",
        ),
    ),
    "a namespace with something in it": (
        "namespace:shop",
        {"namespaces": [{"name": "shop"}], "services": [service("a", namespace="shop")]},
        ("namespace:shop", "it is retired, but not everything in it is", "taking namespace:shop out of retire"),
    ),
}


@pytest.mark.parametrize("name", RETIRED)
def test_what_is_retired_but_still_in_use_is_a_conflict(name: str) -> None:
    part, parts, told = RETIRED[name]
    stores = [mysql("m1", databases=[{"name": "shop", "schemas": [{"name": "public"}]}])]
    secrets = [{"name": "db", "keys": [{"name": "password"}]}]
    everything = {"services": [service("a")], "datastores": stores, "secrets": secrets, **parts}
    topology = system(*everything.pop("services"), **everything)

    settling(topology, policy(group("a"), retire=[{"part": part, "reason": "old"}]), told)


def test_what_is_inside_a_retired_part_goes_with_it_and_nothing_else() -> None:
    """Names may be alike: the namespace of a secret and a service, a container and a secret."""
    container = {"name": "proxy", "kind": "sidecar", "env": [{"name": "MODE", "value": "x"}]}
    topology = system(
        service("a", containers=[container]),
        namespaces=[{"name": "a"}, {"name": "redis"}],
        datastores=[{"name": "redis", "kind": "redis", "logical_dbs": [{"index": 0}]}],
        secrets=[
            {"name": "proxy", "namespace": "a", "keys": [{"name": "MODE"}]},
            {"name": "0", "namespace": "redis", "keys": [{"name": "k"}]},
        ],
    )
    retire = [{"part": part, "reason": "old"} for part in ("container:a/proxy", "datastore:redis")]

    target = after(topology, group("a", name="a"), retire=retire)

    gone = {item.part for item in target.lineage.parts if item.fate == "retired"} if target.lineage else set()
    assert gone == {"container:a/proxy", "env:a/proxy/MODE", "datastore:redis", "logical-db:redis/0"}
    assert {item.name for item in target.secrets} == {"proxy", "0"}
    assert heir(target, "env:a/proxy/MODE").reason == "old"


def test_a_retired_copy_is_replaced_by_the_one_that_stays() -> None:
    """The line that settles two databases of one name: who used the retired one uses the other."""
    stores = [mysql(name, databases=[{"name": "shop"}]) for name in ("m1", "m2")]
    edge = {"client": "a", "server": "m2", "mode": "writes", "database": "shop"}
    topology = system(service("a"), datastores=stores, dependencies=[edge])
    plan = policy(group("a"), datastores=[{"name": "m", "members": ["m1", "m2"]}])
    assert len(refusal(topology, plan)) == 1

    target = consolidate(topology, read({**plan, "retire": [{"part": "database:m2/shop", "reason": "a copy"}]}))

    assert heir(target, "database:m2/shop").reason == "a copy"
    assert [(edge.server, edge.database) for edge in target.dependencies] == [("m", "shop")]
