"""Small systems that the planner plans, so small that every state of their plans can be looked at."""

from __future__ import annotations

from typing import Any

from novaplan.topology.system import Topology
from tests.migration.small import become, edge, route, service, system

POOL = {"max": 2}
DB: dict[str, Any] = {"name": "db", "kind": "postgres", "version": "15", "databases": [{"name": "shop"}]}
PATRONI = {"type": "patroni", "members": 3, "synchronous": True}
BUS = {"name": "bus", "kind": "kafka"}

OLD = system(
    name="old",
    services=[service("web"), service("cart")],
    datastores=[DB],
    routes=[route("/", ("web", 100)), route("/cart", ("cart", 100))],
    dependencies=[
        edge("web", "cart"),
        edge("web", "db", "writes", database="shop", pool=POOL),
        edge("cart", "db", "writes", database="shop", pool=POOL),
    ],
)
NEW = become(
    system(
        name="new",
        services=[service("shop")],
        datastores=[DB],
        routes=[route("/", ("shop", 100)), route("/cart", ("shop", 100))],
        dependencies=[edge("shop", "db", "writes", database="shop", pool=POOL)],
    ),
    OLD,
    web="shop",
    cart="shop",
)
"""Two services become one, on one database."""

SPREAD = system(
    name="spread",
    services=[service("web"), service("worker")],
    datastores=[{"name": "cache", "kind": "redis", "logical_dbs": [{"index": 0, "owners": ["web", "worker"]}]}, BUS],
    routes=[route("/", ("web", 100))],
    dependencies=[
        edge("web", "cache", "writes", logical_db=0),
        edge("worker", "cache", "writes", logical_db=0),
        edge("worker", "bus", "consumes", topic="jobs", group="jobs"),
    ],
)
PARTED = become(
    system(
        name="parted",
        services=[service("web"), service("jobs")],
        datastores=[
            {"name": "cache", "kind": "redis",
             "logical_dbs": [{"index": 0, "owners": ["web"]}, {"index": 1, "owners": ["jobs"]}]},
            BUS,
        ],
        routes=[route("/", ("web", 100))],
        dependencies=[
            edge("web", "cache", "writes", logical_db=0),
            edge("jobs", "cache", "writes", logical_db=1),
            edge("jobs", "bus", "consumes", topic="jobs", group="jobs"),
        ],
    ),
    SPREAD,
    {"dependency:worker->cache/writes/0": "dependency:jobs->cache/writes/1"},
    worker="jobs",
)  # fmt: skip
"""A worker gets another name and a logical DB of its own."""

ALONE = system(
    name="alone",
    services=[service("web")],
    datastores=[DB],
    routes=[route("/", ("web", 100))],
    dependencies=[edge("web", "db", "writes", database="shop", pool=POOL)],
)
SAFE = become(
    system(
        name="safe",
        namespaces=[{"name": "data"}],
        services=[
            service("web", replicas=3, disruption_budget={"min_available": 2}, startup={"tier": 1, "wait_for": ["db"]})
        ],
        datastores=[DB | {"deployment": PATRONI, "startup_tier": 0, "disruption_budget": {"min_available": 2}}],
        routes=[route("/", ("web", 100))],
        dependencies=[edge("web", "db", "writes", database="shop", pool=POOL)],
    ),
    ALONE,
)
"""One server becomes three, one service gets a budget and a tier."""

PAIRS: dict[str, tuple[Topology, Topology]] = {"merge": (OLD, NEW), "rename": (SPREAD, PARTED), "harden": (ALONE, SAFE)}
