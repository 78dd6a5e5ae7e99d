from __future__ import annotations

import pytest

from novaplan.migration.edits import put, remove
from novaplan.migration.planning import plan
from novaplan.topology.parts import dependency_address
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency
from tests.migration.small import become, broken, edge, route, service, step, system, to, world

BUS = {"name": "bus", "kind": "kafka"}
OLD = system(
    services=[service("web")], datastores=[BUS], dependencies=[edge("web", "bus", "consumes", topic="t", group="old")]
)
NEW = system(
    services=[service("shop")], datastores=[BUS], dependencies=[edge("shop", "bus", "consumes", topic="t", group="new")]
)
TARGET = become(NEW, OLD, web="shop")
assert TARGET.lineage is not None
WAS, IS = "dependency:web->bus/consumes/t/old", "dependency:shop->bus/consumes/t/new"
PARTS = tuple(heir.model_copy(update={"into": (IS,)}) if heir.part == WAS else heir for heir in TARGET.lineage.parts)
TARGET = TARGET.model_copy(update={"lineage": TARGET.lineage.model_copy(update={"parts": PARTS})})
MAKE = step("make", to("service:shop", NEW))


def test_one_step_may_stop_the_old_group_and_start_the_new() -> None:
    switch = step("switch", remove(WAS), to(IS, NEW), after=("make",))

    assert broken("consumers", world(OLD, TARGET, MAKE, switch)) == []


def test_no_message_is_handled_twice() -> None:
    start, stop = step("start", to(IS, NEW), after=("make",)), step("stop", remove(WAS), after=("start",))

    assert broken("consumers", world(OLD, TARGET, MAKE, start, stop)) == [IS]


def test_no_message_waits_for_nobody() -> None:
    stop, start = step("stop", remove(WAS)), step("start", to(IS, NEW), after=("make", "stop"))

    assert broken("consumers", world(OLD, TARGET, MAKE, stop, start)) == [IS]


def test_a_consumer_that_does_not_run_is_none() -> None:
    assert broken("consumers", world(OLD, TARGET, step("switch", remove(WAS), to(IS, NEW)))) == [IS]


def test_both_may_share_the_old_group() -> None:
    shared = Dependency(client="shop", server="bus", mode="consumes", topic="t", group="old")
    join = step("join", put(dependency_address(shared), shared), after=("make",))

    assert broken("consumers", world(OLD, TARGET, MAKE, join)) == []


@pytest.mark.parametrize("fields", [{}, {"topic": "t"}, {"topic": "t", "group": "g"}])
@pytest.mark.parametrize("heirs", [{"web": "shop"}, {"worker": "jobs"}, {"web": "shop", "worker": "jobs"}])
def test_what_a_service_takes_from_a_service_that_is_renamed_is_no_matter_of_groups(
    fields: dict[str, str], heirs: dict[str, str]
) -> None:
    def made(producer: str, consumer: str) -> Topology:
        return system(
            services=[service(producer), service(consumer)],
            routes=[route("/", (producer, 100))],
            dependencies=[edge(consumer, producer, "consumes", **fields)],
        )

    current = made("web", "worker")
    target = become(made(heirs.get("web", "web"), heirs.get("worker", "worker")), current, {}, **heirs)

    assert plan(current, target).proof.holds


def test_two_stores_may_keep_a_copy_each() -> None:
    old, new = ({"name": name, "kind": "clickhouse"} for name in ("old", "new"))
    was, will = (
        system(datastores=[BUS, store], dependencies=[edge(name, "bus", "consumes", topic="t")])
        for name, store in (("old", old), ("new", new))
    )

    assert plan(was, become(will, was, old="new")).proof.holds
