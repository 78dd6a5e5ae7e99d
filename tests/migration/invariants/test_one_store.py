from __future__ import annotations

from novaplan.migration.edits import put, remove
from novaplan.topology.parts import dependency_address
from novaplan.topology.wiring import Dependency
from tests.migration.small import become, broken, edge, route, service, step, system, to, world

DBS = {"name": "cache", "kind": "redis", "logical_dbs": [{"index": 0}, {"index": 1}]}
OLD = system(services=[service("web")], datastores=[DBS], routes=[route("/", ("web", 100))],
             dependencies=[edge("web", "cache", "writes", logical_db=0)])  # fmt: skip
NEW = system(services=[service("shop")], datastores=[DBS], routes=[route("/", ("shop", 100))],
             dependencies=[edge("shop", "cache", "writes", logical_db=1)])  # fmt: skip
TARGET = become(NEW, OLD, web="shop")
assert TARGET.lineage is not None
PARTS = tuple(
    heir.model_copy(update={"into": ("dependency:shop->cache/writes/1",)})
    if heir.part.startswith("dependency")
    else heir
    for heir in TARGET.lineage.parts
)
TARGET = TARGET.model_copy(update={"lineage": TARGET.lineage.model_copy(update={"parts": PARTS})})
MAKE = step("make", *(to(own, NEW) for own in ("service:shop", "dependency:shop->cache/writes/1")))
HALF = step(
    "shift",
    to("route:*/", system(services=[service("web"), service("shop")], routes=[route("/", ("web", 50), ("shop", 50))])),
    after=("make",),
)
BETWEEN = Dependency(client="web", server="cache", mode="writes", logical_db=1)
MOVE = step("move", remove("dependency:web->cache/writes/0"), put(dependency_address(BETWEEN), BETWEEN))


def test_old_and_new_do_not_keep_their_data_apart() -> None:
    assert broken("one-store", world(OLD, TARGET, MAKE, HALF)) == [
        "dependency:web->cache/writes/0 -> dependency:shop->cache/writes/1"
    ]


def test_the_old_service_uses_the_new_place_first() -> None:
    ordered = step("shift", *HALF.edits, after=("make", "move"))

    assert broken("one-store", world(OLD, TARGET, MAKE, MOVE, ordered)) == []
    assert broken("one-store", world(OLD, TARGET, MAKE, MOVE, HALF)) != []


def test_schemas_and_prefixes_are_places_too() -> None:
    for fields in ({"database": "d", "schemas": ["a"]}, {"logical_db": 0, "key_prefixes": ["web:"]}):
        bare = {name: value for name, value in fields.items() if name not in ("schemas", "key_prefixes")}
        store = [{"name": "cache", "kind": "any"}]
        old = system(services=[service("web")], datastores=store, routes=[route("/", ("web", 100))],
                     dependencies=[edge("web", "cache", "writes", **bare)])  # fmt: skip
        new = become(system(services=[service("shop")], datastores=store, routes=[route("/", ("shop", 100))],
                            dependencies=[edge("shop", "cache", "writes", **fields)]), old, web="shop")  # fmt: skip
        way = system(
            services=[service("web")], datastores=store, dependencies=[edge("web", "cache", "writes", **fields)]
        )
        last = str(fields.get("database", 0))
        make = step("make", *(to(own, new) for own in ("service:shop", f"dependency:shop->cache/writes/{last}")))
        move = step("move", to(f"dependency:web->cache/writes/{last}", way))

        assert len(broken("one-store", world(old, new, make, HALF))) == 1
        assert (
            broken("one-store", world(old, new, make, move, step("shift", *HALF.edits, after=("make", "move")))) == []
        )


def test_what_leads_to_the_new_place_looks_at_all_of_it() -> None:
    half = step(
        "move",
        remove("dependency:web->cache/writes/0"),
        put(dependency_address(BETWEEN), BETWEEN.model_copy(update={"key_prefixes": ("x:",)})),
    )
    ordered = step("shift", *HALF.edits, after=("make", "move"))

    assert len(broken("one-store", world(OLD, TARGET, MAKE, half, ordered))) == 1


def test_without_traffic_there_is_nothing_to_keep_together() -> None:
    assert broken("one-store", world(OLD, TARGET, MAKE)) == []
