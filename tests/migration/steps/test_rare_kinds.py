"""What kinds do that the committed systems do not need."""

from __future__ import annotations

from functools import cache

from novaplan.migration.edits import Value, apply, inverse
from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.migration.step import Step
from novaplan.topology.datastore import Database, Topic
from novaplan.topology.parts import split
from novaplan.topology.service import FeatureFlag, Port, Service
from tests.migration.small import become, edge, route, service, system
from tests.migration.steps.test_every_kind import NEW, OLD

FLAG = {"name": "cart-in-web", "enabled": True}
API = {"name": "api", "port": 8080}


@cache
def made() -> Plan:
    return plan(OLD, NEW)


def the(kind: str, of: Plan) -> Step:
    (found,) = [step for step in of if step.kind == kind]
    return found


def around(step: Step, of: Plan) -> tuple[dict[str, Value], dict[str, Value]]:
    """The parts before and after a step, in the order as told."""
    parts: dict[str, Value] = dict(split(of.world.current))
    for other in of:
        before = dict(parts)
        apply(other.edits, parts)
        if other.id == step.id:
            return before, parts
    raise AssertionError(step.id)


def changed(before: dict[str, Value], after: dict[str, Value]) -> set[str]:
    return {own for own in before.keys() | after.keys() if before.get(own) != after.get(own)}


def test_a_topic_is_made_before_anybody_publishes_to_it() -> None:
    step = the("expand-store", made())
    before, after = around(step, made())
    assert changed(before, after) == {"topic:bus/events"}
    assert isinstance(after["topic:bus/events"], Topic)
    assert step.actions[0].command == (
        "kafka-topics.sh --bootstrap-server bus:9092 --create --if-not-exists --topic events"
    )
    assert step.requires == ("inventory",)
    world = made().world
    user = next(
        other for other in made() if any(edit.address.startswith("dependency:web->bus") for edit in other.edits)
    )
    assert world.order.comes_before(world.last[world.position[step.id]], world.first(world.position[user.id])), (
        f"{user.id} may come before {step.id}"
    )


def test_a_database_is_dropped_last_and_for_good() -> None:
    step = the("contract-schema", made())
    before, after = around(step, made())
    assert changed(before, after) == {"database:db/junk"}
    assert isinstance(before["database:db/junk"], Database)
    assert not step.reversible
    assert step.risk == "high"
    assert step.actions[0].command.endswith("-c 'DROP DATABASE \"junk\"'")
    assert any("backup" in text for text in step.preconditions)


def test_a_service_that_stays_can_do_the_work_of_others_before_it_gets_it() -> None:
    current = system(
        services=[service("web"), service("cart", ports=[API])],
        routes=[route("/", ("web", 100))],
        dependencies=[edge("web", "cart")],
    )
    target = system(
        services=[service("web", replicas=4, ports=[{"name": "http", "port": 80}, API], flags=[FLAG])],
        routes=[route("/", ("web", 100))],
    )
    merged = plan(current, become(target, current, cart="web"))
    step = the("release", merged)
    before, after = around(step, merged)
    web, flag, port = after["service:web"], after["flag:web/cart-in-web"], after["port:web/api"]
    assert isinstance(web, Service)
    assert web.replicas == 4
    assert isinstance(port, Port)
    assert isinstance(flag, FeatureFlag)
    assert not flag.enabled
    assert before["route:*/"] == after["route:*/"]
    assert before["service:cart"] == after["service:cart"]
    assert step.requires == ("image/web",)
    assert "deployed/web" in step.establishes
    back = dict(after)
    apply(inverse(step.edits, before), back)
    assert back == before
    later = [other.kind for other in merged][[other.id for other in merged].index(step.id) :]
    assert "enable-flags" in later
    assert "keep-name" in later
