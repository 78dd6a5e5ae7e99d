from __future__ import annotations

from typing import Any

import pytest

from novaplan.migration.edits import Edit, remove
from novaplan.topology.system import Topology
from tests.migration.small import broken, edge, route, service, step, system, world

STORE: dict[str, Any] = {
    "name": "db", "kind": "postgres", "namespace": "data",
    "databases": [{"name": "shop", "owner": "web", "schemas": [{"name": "public", "owner": "web"}]}],
}  # fmt: skip
CACHE = {"name": "cache", "kind": "redis", "logical_dbs": [{"index": 1, "owners": ["web"]}], "aliases": ["memory"]}
BUS = {
    "name": "bus", "kind": "kafka", "topics": [{"name": "events"}],
    "deployment": {"type": "kafka", "brokers": 1, "auto_create_topics": False},
}  # fmt: skip
ENV = [{"name": "CART_URL", "value": "http://cart:80/v1"}, {"name": "CACHE_HOST", "value": "memory"},
       {"name": "MODE", "config": {"name": "settings", "key": "mode"}}]  # fmt: skip
WHOLE = system(
    namespaces=[{"name": "data"}, {"name": "safe"}],
    services=[
        service("web", startup={"wait_for": ["db"]}, containers=[{"name": "web", "env": ENV}]),
        service("cart"),
        service("gate"),
    ],
    datastores=[STORE, CACHE, BUS],
    externals=[{"name": "mail"}],
    dependencies=[
        edge("web", "cart", port=80),
        edge("web", "mail"),
        edge("web", "db", "writes", database="shop", schemas=["public"]),
        edge("web", "cache", "writes", logical_db=1),
        edge("web", "bus", "publishes", topic="events"),
    ],
    routes=[route("/", ("web", 100), via="gate")],
    secrets=[{"name": "key", "namespace": "safe"}],
    unmodelled=[{"kind": "ConfigMap", "name": "settings"}],
)
DB = "dependency:web->db/writes/shop"
SCHEMA = "schema:db/shop/public"


def after(*edits: Edit, topology: Topology = WHOLE) -> set[str]:
    return set(broken("dangling", world(topology, topology, step("a", *edits))))


def test_nothing_dangles_in_what_loads() -> None:
    assert after() == set()


@pytest.mark.parametrize(
    ("gone", "missed"),
    [
        ("service:cart", {"dependency:web->cart/calls/80", "env:web/web/CART_URL", "service:cart (inside)"}),
        ("port:cart/http", {"dependency:web->cart/calls/80"}),
        ("external:mail", {"dependency:web->mail/calls"}),
        ("datastore:db", {DB, "service:web", "datastore:db (inside)"}),
        ("database:db/shop", {DB, "database:db/shop (inside)"}),
        (SCHEMA, {DB}),
        ("logical-db:cache/1", {"dependency:web->cache/writes/1"}),
        ("topic:bus/events", {"dependency:web->bus/publishes/events"}),
        ("datastore:cache", {"dependency:web->cache/writes/1", "env:web/web/CACHE_HOST", "datastore:cache (inside)"}),
        ("service:gate", {"route:*/", "service:gate (inside)"}),
        ("object:ConfigMap/settings", {"env:web/web/MODE"}),
        ("namespace:data", {"datastore:db"}),
        ("namespace:safe", {"secret:safe/key"}),
        ("service:web", {DB, SCHEMA, "database:db/shop", "logical-db:cache/1", "route:*/", "service:web (inside)",
                         "dependency:web->cart/calls/80", "dependency:web->mail/calls",
                         "dependency:web->cache/writes/1",
                         "dependency:web->bus/publishes/events"}),
    ],
)  # fmt: skip
def test_what_goes_is_missed_by_those_who_name_it(gone: str, missed: set[str]) -> None:
    assert after(remove(gone)) == missed


def test_what_is_made_on_demand_need_not_be_there() -> None:
    bus = BUS | {"deployment": {"type": "kafka", "brokers": 1}}
    topology = system(services=[service("web")], datastores=[bus],
                      dependencies=[edge("web", "bus", "publishes", topic="events")])  # fmt: skip

    assert after(remove("topic:bus/events"), topology=topology) == set()


def test_what_neither_side_declares_is_not_missed() -> None:
    variable = [
        {"name": "OTHER_URL", "value": "http://somewhere:80"},
        {"name": "X_URL", "value": "http://web.elsewhere.example"},
    ]
    store = {"name": "db", "kind": "postgres"}
    topology = system(services=[service("web", containers=[{"name": "web", "env": variable}])], datastores=[store],
                      dependencies=[edge("web", "db", "writes", database="unknown")])  # fmt: skip

    assert after(topology=topology) == set()
