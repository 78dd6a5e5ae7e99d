"""A whole plan by hand: ``web`` and ``cart`` become ``shop``, each step of a kind that there is."""

from __future__ import annotations

from novaplan.migration.edits import Edit
from novaplan.migration.step import Step
from novaplan.migration.steps import kinds_by_name
from novaplan.topology.wiring import Backend
from tests.migration.small import become, edge, route, service, step, system

DB = {"name": "db", "kind": "postgres", "connections": {"max": 100}, "databases": [{"name": "shop"}]}
POOL = {"max": 2}
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
"""A topology of two services that becomes one, on one database."""


def shares(old: str, weight: int) -> tuple[Backend, ...]:
    """Backends of a route that gives ``weight`` to the heir."""
    both = (Backend(service=old, port="http", weight=100 - weight), Backend(service="shop", port="http", weight=weight))
    return tuple(item for item in sorted(both, key=lambda item: item.service) if item.weight)


def of_kind(name: str, *edits: Edit, **fields: object) -> Step:
    """A step in the phase of its kind."""
    kind = kinds_by_name()[name.partition("/")[0]]
    return step(name, *edits, **({"phase": kind.phase} | fields))
