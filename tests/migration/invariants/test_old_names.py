from __future__ import annotations

from tests.migration.small import become, broken, change, service, step, system, to, world

OLD = system(services=[service("web", aliases=["www"])])
KEPT = system(services=[service("shop", aliases=["web", "www"])])
NEW = become(system(services=[service("shop")]), OLD, web="shop")
MAKE = step("make", to("service:shop", KEPT))
DELETE = step("delete", to("service:web", NEW), after=("make",))
DROPS = tuple(
    step(f"drop-name/{name}", change("service:shop", NEW, aliases=left), phase="contract", after=after)
    for name, left, after in (("web", ["www"], ("delete",)), ("www", [], ("drop-name/web",)))
)


def test_a_name_leads_to_the_heir_until_its_own_step_takes_it() -> None:
    assert broken("old-names", world(OLD, NEW, MAKE, DELETE, *DROPS)) == []


def test_no_other_step_takes_it() -> None:
    nameless = step("make", to("service:shop", NEW))

    assert broken("old-names", world(OLD, NEW, nameless, DELETE)) == ["name web", "name www"]


def test_the_heir_has_it_before_the_old_one_goes() -> None:
    early = step("delete", to("service:web", NEW))

    assert broken("old-names", world(OLD, NEW, MAKE, early, *DROPS)) == ["name web", "name www"]


def test_what_target_keeps_is_kept() -> None:
    target = become(KEPT, OLD, web="shop")

    assert broken("old-names", world(OLD, target, MAKE, DELETE)) == []


def test_what_nothing_became_may_go_with_its_name() -> None:
    gone = become(system(), OLD)

    assert broken("old-names", world(OLD, gone, step("delete", to("service:web", gone)))) == []
