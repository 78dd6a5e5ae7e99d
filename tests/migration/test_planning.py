"""Plans of the committed systems, and what is said where there is none."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from novaplan.errors import InputError, PlanRefused
from novaplan.migration.edits import Value, apply
from novaplan.migration.planning import plan
from novaplan.migration.step import Step
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of, split
from novaplan.topology.service import Service
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.benchmarks.test_migration import sides
from tests.migration.planned import planned
from tests.migration.plans import ALONE, DB, NEW, OLD
from tests.migration.small import become, edge, route, service, system

SYSTEMS = [("current", "target"), ("shop", "shop-target")]
SYSTEM = pytest.mark.parametrize("names", SYSTEMS, ids=["nova", "shop"])


def bare(parts: dict[str, Value]) -> dict[str, Value]:
    """Parts without the facts that steps establish."""
    return {own: part for own, part in parts.items() if kind_of(own) != "fact"}


def goal(names: tuple[str, str]) -> dict[str, Value]:
    return dict(split(load(names[1])))


def position(steps: tuple[Step, ...], kind: str) -> list[int]:
    return [index for index, step in enumerate(steps) if step.kind == kind]


def extension(world: World, chance: random.Random) -> list[int]:
    """The stages of a plan in some order that it allows."""
    done: list[int] = []
    left = set(range(world.order.size))
    while left:
        ready = sorted(node for node in left if not world.order.direct[node] & left)
        done.append(chance.choice(ready))
        left.remove(done[-1])
    return done


@SYSTEM
def test_it_is_proved(names: tuple[str, str]) -> None:
    made = planned(*names)
    assert made.proof.holds
    assert len(made) > 90
    assert (made.current_digest, made.target_digest) == (load(names[0]).digest, load(names[1]).digest)


@SYSTEM
def test_the_steps_as_told_end_at_target(names: tuple[str, str]) -> None:
    made = planned(*names)
    parts: dict[str, Value] = dict(split(load(names[0])))
    done: set[str] = set()
    for step in made:
        assert set(step.after) <= done, f"{step.id} comes before what it waits for"
        apply(step.edits, parts)
        done.add(step.id)
    assert bare(parts) == goal(names)
    assert made.state(len(made)) == load(names[1])


@SYSTEM
@pytest.mark.parametrize("seed", range(5))
def test_any_order_it_allows_ends_at_target(names: tuple[str, str], seed: int) -> None:
    world = planned(*names).world
    stages = [stage for step in world.steps for stage in step.stages]
    order = extension(world, random.Random(seed))
    assert order != list(range(len(stages)))
    parts: dict[str, Value] = dict(split(world.current))
    for node in order:
        apply(stages[node], parts)
    assert bare(parts) == goal(names)


def test_connections_are_mended_before_new_clients_come() -> None:
    made = planned()
    world = made.world
    (room,) = [step.id for step in made if step.kind == "raise-connections"]
    later = [step.id for step in made if step.kind in ("deploy-dark", "shift-route", "keep-name")]
    assert len(later) > 20
    for other in later:
        first = world.first(world.position[other])
        assert world.order.comes_before(world.last[world.position[room]], first), f"{other} may come before {room}"


def test_what_most_rely_on_moves_last() -> None:
    """auth-service has no route: who calls it moves first, and nothing leads to it any more when its turn comes."""
    steps = planned().steps
    named = [step.id for step in steps if step.kind == "keep-name" and step.id.endswith("/api-service")]
    assert named[-1] == "keep-name/auth-service/api-service"
    assert position(steps, "shift-route")[-1] < [step.id for step in steps].index(named[-1])


def test_what_has_no_way_back_comes_after_what_has_one() -> None:
    steps = planned().steps
    final = [index for index, step in enumerate(steps) if not step.reversible]
    assert final
    assert min(final) > max(position(steps, "bake"))


def names_in(parts: dict[str, Value]) -> set[str]:
    return {name for part in parts.values() if isinstance(part, Service) for name in (part.name, *part.aliases)}


def folded(names: tuple[str, str]) -> Iterator[tuple[Step, dict[str, Value]]]:
    """Each step with the parts after it."""
    parts: dict[str, Value] = dict(split(load(names[0])))
    for step in planned(*names):
        apply(step.edits, parts)
        yield step, parts


@SYSTEM
def test_an_old_name_leads_somewhere_until_its_own_step_drops_it(names: tuple[str, str]) -> None:
    left = set(load(names[0]).service)
    for step, parts in folded(names):
        if step.kind == "drop-name":
            left.remove(step.id.split("/")[1])
        assert left <= names_in(parts), f"after {step.id}"
    assert left <= names_in(goal(names))


def test_the_same_plan_whatever_the_order_of_hashes() -> None:
    code = (
        "from novaplan.migration.planning import plan\nfrom novaplan.topology.storage import load\n"
        "for step in plan(load('shop'), load('shop-target')): print(repr(step))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(told[0].splitlines()) == len(planned("shop", "shop-target"))


# ---------------------------------------------------------------- no plan


def refused(current: Topology, target: Topology) -> list[str]:
    with pytest.raises(PlanRefused) as caught:
        plan(current, target)
    return [str(problem) for problem in caught.value.problems]


def test_a_target_that_does_not_say_where_it_came_from_is_refused() -> None:
    with pytest.raises(InputError, match="does not say what it was made from; make it with novaplan consolidate") as no:
        plan(OLD, NEW.model_copy(update={"lineage": None}))
    assert len(no.value.problems) == 1
    assert "\n" not in str(no.value)


def test_a_target_made_from_another_version_is_refused() -> None:
    other = system(**{**OLD.to_dict(), "description": "a day later"})
    with pytest.raises(InputError, match="made from another version of old than old; consolidate again") as no:
        plan(other, NEW)
    assert len(no.value.problems) == 1


def test_the_same_services_need_no_lineage() -> None:
    made = plan(ALONE, system(**{**ALONE.to_dict(), "description": "the same"}))
    assert [step.kind for step in made] == ["inventory", "configure"]


def test_fewer_connections_than_the_clients_hold_are_refused() -> None:
    target = system(
        name="small",
        services=[service("web")],
        datastores=[DB | {"connections": {"max": 4, "reserved": 3}}],
        routes=[route("/", ("web", 100))],
        dependencies=[edge("web", "db", "writes", database="shop", pool={"max": 2})],
    )
    (line,) = refused(ALONE, become(target, ALONE))
    assert line.startswith("connections: datastore:db after settle-connections/db: ")
    assert line.endswith("raise max_connections, add a pooler, or give the clients smaller pools first")


def test_a_logical_db_that_a_cluster_does_not_have_is_refused() -> None:
    cache = {"name": "cache", "kind": "redis", "logical_dbs": [{"index": 1, "owners": ["web"]}]}
    rest = {
        "services": [service("web")],
        "routes": [route("/", ("web", 100))],
        "dependencies": [edge("web", "cache", "writes", logical_db=1)],
    }
    current = system(name="one", datastores=[cache], **rest)
    target = system(name="cluster", datastores=[cache | {"deployment": {"type": "cluster", "members": 6}}], **rest)
    (line,) = refused(current, become(target, current))
    assert line.startswith("redis-owners: logical-db:cache/1 (server) after configure/cache: ")
    assert line.endswith(
        "a cluster has no DB but 0 (also when all steps are done); move it to a server of its own, or use Sentinel"
    )


def test_two_backends_of_one_route_keep_their_ports_and_shares() -> None:
    """What the two served at different ports goes on at two ports of their heir, and no rest is left to configure."""
    api = {"name": "api", "port": 8080}

    def shared(first: str, second: str) -> dict[str, object]:
        ports = ((first, "http", 70), (second, "api", 30))
        return {"path": "/", "backends": [{"service": name, "port": port, "weight": w} for name, port, w in ports]}

    current = system(services=[service("web"), service("cart", ports=[api])], routes=[shared("web", "cart")])
    both = service("shop", ports=[{"name": "http", "port": 80}, api])
    target = system(services=[both], routes=[shared("shop", "shop")])
    made = plan(current, become(target, current, web="shop", cart="shop"))
    assert made.state(len(made)).routes == target.routes
    moved = {step.kind for step in made for edit in step.edits if edit.address.startswith("route:")}
    assert moved == {"shift-route"}


def test_steps_that_meet_in_too_many_states_are_put_in_an_order() -> None:
    """Twelve circles of calls are merged at once: without an order among the steps that one question looks at, its
    states could not be looked through."""
    current, target = sides(60)
    found = plan(current, target)
    assert found.proof.holds
    assert found.state(len(found.steps)) == target
