from __future__ import annotations

from typing import Any

import pytest

from tests.migration.small import become, broken, edge, service, short, step, system, to, world


def cache(
    *clients: str, db: int = 0, server: dict[str, Any] | None = None, prefixes: bool = False, **logical: Any
) -> Any:
    store = {"name": "cache", "kind": "redis", "logical_dbs": [{"index": db, **logical}], **(server or {})}
    return system(
        services=[service("web"), service("cart")],
        datastores=[store],
        dependencies=[
            edge(name, "cache", "writes", logical_db=db, **({"key_prefixes": [f"{name}:"]} if prefixes else {}))
            for name in clients
        ],
    )


ONE, TWO = cache("web"), cache("web", "cart")
CART, DB = "dependency:cart->cache/writes/0", "logical-db:cache/0"


def test_no_second_owner_comes_on_the_way() -> None:
    there, back = step("there", to(CART, TWO)), step("back", to(CART, ONE), after=("there",))

    assert broken("redis-owners", world(ONE, ONE, there, back)) == [DB]
    assert broken("redis-owners", world(ONE, TWO, there)) == []


def test_prefixes_keep_owners_apart() -> None:
    one, two = cache("web", prefixes=True), cache("web", "cart", prefixes=True)
    there, back = step("there", to(CART, two)), step("back", to(CART, one), after=("there",))

    assert broken("redis-owners", world(one, one, there, back)) == []


def test_old_and_new_of_one_family_are_one_owner() -> None:
    store = {"name": "cache", "kind": "redis", "logical_dbs": [{"index": 0}]}
    new = system(services=[service("shop")], datastores=[store],
                 dependencies=[edge("shop", "cache", "writes", logical_db=0)])  # fmt: skip
    target = become(new, TWO, web="shop", cart="shop")
    make = step("a", to("service:shop", new), to("dependency:shop->cache/writes/0", new))

    assert broken("redis-owners", world(TWO, target, make)) == []


def test_stated_owners_count_too() -> None:
    two = cache("web", owners=["web", "cart"])
    there, back = step("there", to(DB, two)), step("back", to(DB, ONE), after=("there",))

    assert broken("redis-owners", world(ONE, ONE, there, back)) == [f"{DB} (owner)"]


CLUSTER = {"deployment": {"type": "cluster", "members": 3}}


@pytest.mark.parametrize(
    ("topology", "subjects"),
    [
        (cache("web", server=CLUSTER), []),
        (cache("web", server=CLUSTER, db=1), ["logical-db:cache/1 (server)"]),
        (cache("web", server=CLUSTER | {"kind": "valkey"}, db=1), []),
        (cache("web", durable=True), []),
        (cache("web", durable=True, server={"memory": {"eviction": "noeviction"}}), []),
        (cache("web", durable=True, server={"memory": {"eviction": "allkeys-lru"}}), [f"{DB} (server)"]),
        (cache("web", server={"memory": {"eviction": "allkeys-lru"}}), []),
    ],
)
def test_a_db_is_where_it_can_be_and_lasts(topology: Any, subjects: list[str]) -> None:
    assert short("redis-owners", topology) == subjects
