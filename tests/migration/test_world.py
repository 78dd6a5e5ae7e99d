from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from novaplan.migration.edits import fact
from novaplan.migration.world import World
from tests.migration.randomly import NAMES, down_sets, parts, worlds
from tests.migration.small import become, edge, route, service, step, system, to, world


@given(worlds(most=4))
def test_a_state_is_what_its_stages_make_one_after_the_other(of: World) -> None:
    for mask in down_sets(of):
        built = parts(of, mask)
        for own in (*of.writers, *built):
            assert of.value(own, mask) == built.get(own)
        assert of.parts(mask) == {own: value for own, value in built.items() if not own.startswith("fact:")}


@given(worlds(most=4), st.data())
def test_a_view_notes_what_was_read(of: World, data: st.DataObject) -> None:
    view = of.view(data.draw(st.sampled_from(list(down_sets(of)))))
    read = data.draw(st.lists(st.sampled_from([f"service:{name}" for name in NAMES])))

    for own in read:
        assert view.has(own) is (own in parts(of, view.mask))
    assert view.reads == {(own, "") for own in read}


OLD = system(
    services=[service("web"), service("cart")],
    datastores=[{"name": "db", "kind": "postgres"}],
    dependencies=[edge("web", "cart"), edge("web", "db", "writes")],
    routes=[route("/", ("web", 100))],
)
NEW = become(
    system(services=[service("shop")], datastores=[{"name": "db", "kind": "postgres"}],
           dependencies=[edge("shop", "db", "writes")], routes=[route("/", ("shop", 100))]),
    OLD, web="shop", cart="shop",
)  # fmt: skip
MAKE = step("make", to("service:shop", NEW), to("dependency:shop->db/writes", NEW), to("route:*/", NEW))


def test_who_may_ever_be_there_is_found_by_either_end() -> None:
    of = world(OLD, NEW, MAKE)

    assert of.dependencies_to["db"] == ("dependency:shop->db/writes", "dependency:web->db/writes")
    assert of.dependencies_of["web"] == ("dependency:web->cart/calls", "dependency:web->db/writes")
    assert of.routes_to["shop"] == of.routes_to["web"] == ("route:*/",)
    assert [edge.client for edge in of.view(0).dependencies_to("db")] == ["web"]
    assert [edge.client for edge in of.view(of.everything).dependencies_to("db")] == ["shop", "web"]


def test_lineage_says_who_becomes_whom() -> None:
    of = world(OLD, NEW, MAKE)

    assert (of.heir("web"), of.heir("cart"), of.heir("shop"), of.heir("nobody")) == ("shop", "shop", "shop", "nobody")
    assert of.sources == {"shop": ("cart", "web")}
    assert of.heirs["datastore:db"] == ("datastore:db",)


def test_a_step_that_is_under_way_is_marked() -> None:
    of = world(OLD, OLD, step("a", stages=((), ())), step("b", after=("a",)))

    assert of.done(0b001) == ("a (under way)",)
    assert of.done(0b111) == ("a", "b")


def test_facts_hold_when_the_last_stage_is_done() -> None:
    of = world(OLD, OLD, step("a", stages=((), ()), establishes=("ready",)))

    assert [of.view(mask).known("ready") for mask in (0b00, 0b01, 0b11)] == [False, False, True]
    assert fact("ready") not in of.parts(0b11)
