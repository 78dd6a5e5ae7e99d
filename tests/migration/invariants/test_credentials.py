from __future__ import annotations

import pytest

from novaplan.migration.edits import remove
from tests.migration.small import become, broken, edge, service, step, system, to, world

DB = {"name": "db", "kind": "postgres"}
OLD = system(services=[service("web")], datastores=[DB], dependencies=[edge("web", "db", "writes", user="web")])
NEW = become(
    system(services=[service("shop")], datastores=[DB], dependencies=[edge("shop", "db", "writes", user="shop")]),
    OLD,
    web="shop",
)
EDGE = "dependency:shop->db/writes"
ROLE = step("role", establishes=("role/db/shop",))
MAKE = step("make", to("service:shop", NEW), to(EDGE, NEW), after=("role",))
REVOKE = step("revoke", establishes=("revoked/web",))
DELETE = step("delete", remove("service:web"), after=("revoke",))


def test_roles_are_made_before_and_revoked_before_the_end() -> None:
    assert broken("credentials", world(OLD, NEW, ROLE, MAKE, REVOKE, DELETE)) == []


def test_nobody_logs_in_as_a_role_that_was_not_made() -> None:
    assert broken("credentials", world(OLD, NEW, step("make", *MAKE.edits))) == [EDGE]
    assert broken("credentials", world(OLD, NEW, ROLE, step("make", *MAKE.edits))) == [EDGE]


def test_nothing_that_logged_in_goes_with_its_log_in() -> None:
    assert broken("credentials", world(OLD, NEW, step("delete", *DELETE.edits))) == ["service:web"]


@pytest.mark.parametrize("user", ["web", None])
def test_a_role_that_stays_is_not_made_anew(user: str | None) -> None:
    same = edge("shop", "db", "writes", **({"user": user} if user else {}))
    new = become(system(services=[service("shop")], datastores=[DB], dependencies=[same]), OLD, web="shop")

    assert broken("credentials", world(OLD, new, step("make", to("service:shop", new), to(EDGE, new)))) == []
