from __future__ import annotations

from novaplan.topology.system import Topology
from tests.migration.small import become, broken, edge, route, service, step, system, to, world

STORE = {
    "name": "db",
    "kind": "postgres",
    "databases": [{"name": "shop", "schemas": [{"name": "public"}, {"name": "cart"}]}],
}
WEB = edge("web", "db", "writes", database="shop", schemas=["public"])


def shop(*edges: dict[str, object], weight: int = 100) -> Topology:
    backends = [item for item in (("web", weight), ("cart", 100 - weight)) if item[1]]
    return system(services=[service("web"), service("cart")], datastores=[STORE], routes=[route("/", *backends)],
                  dependencies=list(edges))  # fmt: skip


ONE = shop(WEB)
CART = "dependency:cart->db/writes/shop"


def test_schemas_of_their_own_are_fine() -> None:
    both = shop(WEB, edge("cart", "db", "writes", database="shop", schemas=["cart"]), weight=50)

    assert broken("single-writer", world(both, both)) == []


def test_no_second_family_begins_to_write_on_the_way() -> None:
    two = shop(WEB, edge("cart", "db", "writes", database="shop", schemas=["public"]))
    there, back = step("there", to(CART, two)), step("back", to(CART, ONE), after=("there",))

    assert broken("single-writer", world(ONE, ONE, there, back)) == ["schema:db/shop/public"]


def test_those_whom_target_lets_write_may() -> None:
    two = shop(WEB, edge("cart", "db", "writes", database="shop", schemas=["public"]))

    assert broken("single-writer", world(ONE, two, step("a", to(CART, two)))) == []


def test_one_without_traffic_does_not_write() -> None:
    dark = system(services=[service("web"), service("cart"), service("new")], datastores=[STORE],
                  routes=[route("/", ("web", 100), ("new", 0))],
                  dependencies=[WEB, edge("new", "db", "writes", database="shop", schemas=["public"])])  # fmt: skip
    used = system(services=[service("new")], datastores=[STORE], routes=[route("/", ("new", 100))])
    half = system(services=[service("web"), service("new")], routes=[route("/", ("web", 50), ("new", 50))])
    make = step("a", *(to(own, dark) for own in ("service:new", "dependency:new->db/writes/shop", "route:*/")))
    target = become(used, ONE)

    assert broken("single-writer", world(ONE, target, make)) == []
    assert broken("single-writer", world(ONE, target, make, step("b", to("route:*/", half), after=("a",)))) == [
        "schema:db/shop/public"
    ]


def test_old_and_new_of_one_family_count_once() -> None:
    new = system(services=[service("shop")], datastores=[STORE], routes=[route("/", ("shop", 100))],
                 dependencies=[edge("shop", "db", "writes", database="shop", schemas=["public"])])  # fmt: skip
    target = become(new, ONE, web="shop", cart="shop")
    make = step("a", *(to(own, new) for own in ("service:shop", "dependency:shop->db/writes/shop", "route:*/")))

    assert broken("single-writer", world(ONE, target, make)) == []
