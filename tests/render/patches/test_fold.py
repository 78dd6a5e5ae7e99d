"""The patches of all steps of a plan, applied one after the other, give every state on the way, and back again."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from novaplan.render.patches.files import files
from novaplan.render.patches.patch import patch
from novaplan.render.render import render_manifests
from novaplan.render.settings import Layout
from tests.render.examples import settings, system
from tests.render.patches import cluster

LAYOUTS: tuple[Layout, ...] = ("plain", "kustomize")
PLANS = {"current": "target", "shop": "shop-target"}


@cache
def planned(current: str) -> Plan:
    return plan(system(current), system(PLANS[current]))


@cache
def states(current: str) -> list[list[Manifest]]:
    """Every object of every state on the way, which shows that all of them can be rendered."""
    made = planned(current)
    wanted = settings().model_copy(update={"system": current, "namespace": "everything"})
    return [assemble(Context(made.state(number), wanted)).manifests for number in range(len(made) + 1)]


@pytest.mark.parametrize("current", PLANS)
def test_patches_lead_from_state_to_state(current: str) -> None:
    found = states(current)
    runs = cluster.of(found[0])
    for number, (before, after) in enumerate(pairwise(found), 1):
        step = planned(current).steps[number - 1].id
        made = patch(before, after)
        runs = cluster.apply(runs, files(made, before="before", after="after"))
        left = {own: item for own, item in runs.items() if own not in cluster.of(made.claims)}
        assert left == cluster.of(after), f"after {step}"
        runs = left
        back = patch(after, before)
        assert cluster.apply(runs, files(back, before="after", after="before")) == cluster.of(before), f"before {step}"


def test_steps_in_another_order_do_not_undo_each_other() -> None:
    """Two people take two steps each from the state that is, whoever comes first."""
    made = planned("current")
    wanted = settings().model_copy(update={"system": "current", "namespace": "everything"})
    ids = [step.id for step in made]

    def objects(done: list[str]) -> list[Manifest]:
        return assemble(Context(made.after(done), wanted)).manifests

    free = [number for number in range(1, len(ids)) if ids[number - 1] not in made.steps[number].after]
    pairs = [(number, ids[number - 1], ids[number]) for number in free if made.steps[number].stages != ((),)]
    assert len(pairs) > 40
    for number, first, second in pairs[::8]:
        done = ids[: number - 1]
        runs = cluster.of(objects(done))
        for before, after in (([], [second]), ([second], [first, second])):
            found = patch(objects([*done, *before]), objects([*done, *after]))
            runs = cluster.apply(runs, files(found, before="before", after="after"))
        assert runs == cluster.of(objects([*done, first, second]))


@pytest.mark.parametrize("current", PLANS)
def test_nothing_but_the_gateway_and_names_leaves_a_published_port(current: str) -> None:
    """What the outside knows by an address stays one object until nobody publishes it."""
    found = [{name for own in cluster.of(state) if (name := own[3]).startswith("public-")} for state in states(current)]
    wanted = found[-1] & found[0]
    assert all(wanted <= names for names in found)


@pytest.mark.parametrize("current", PLANS)
def test_states_are_valid(current: str) -> None:
    """Every ninth of them, in both layouts, guides and all: it takes its time."""
    made = planned(current)
    for number in range(0, len(made) + 1, 9):
        for layout in LAYOUTS:
            render_manifests(made.state(number), settings(), layout=layout, validate=True)
