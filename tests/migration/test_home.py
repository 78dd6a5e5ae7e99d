"""Where commands look for what current puts in no namespace, and how states are rendered as one system."""

from __future__ import annotations

import re

import pytest

from novaplan.migration.home import Home
from novaplan.migration.texts import HOME, SETTINGS
from novaplan.migration.world import World
from tests.migration.planned import planned, sides
from tests.migration.small import become, service, system

PAIRS = (("current", "target"), ("shop", "shop-target"))


def home(current: str, target: str) -> Home:
    return Home(planned(current, target).world)


def test_old_and_new_share_a_namespace() -> None:
    nova, shop = (home(*pair) for pair in PAIRS)
    assert (nova.namespace, shop.namespace) == ("nova-services", None)
    assert nova.settings == " --set=namespace=nova-services --set=system=current"
    assert shop.settings == " --set=system=shop", "it says itself where everything runs"
    assert nova.fill(f"kubectl -n {HOME} get pods; render{SETTINGS}").startswith("kubectl -n nova-services get pods; ")
    assert shop.fill(f"kubectl -n {HOME} get pods") == "kubectl get pods"


def test_what_states_no_namespace_at_all_stays_with_the_context() -> None:
    old = system(name="same", services=[service("web")])
    made = Home(World(old, become(old, old), (), planned().world.rollout))
    assert (made.namespace, made.settings) == (None, "")


@pytest.mark.parametrize("pair", PAIRS)
def test_nothing_is_left_open_in_a_plan(pair: tuple[str, str]) -> None:
    made = planned(*pair)
    texts = [
        text
        for step in made
        for text in (
            *(item.command for item in (*step.actions, *step.rollback)),
            *(gate.query for gate in step.gates),
        )
    ]
    assert not [text for text in texts if HOME in text or SETTINGS in text]
    names = set(made.state_names)
    for text in texts:
        for before, after in re.findall(r"render states/(\S+)\.yaml --since states/(\S+)\.yaml", text):
            assert {before, after} <= names
            places = [made.state_names.index(name) for name in (before, after)]
            assert abs(places[0] - places[1]) == 1, "a step and its rollback touch what is its own"


@pytest.mark.parametrize("pair", PAIRS)
def test_a_plain_port_moves_in_one_step(pair: tuple[str, str]) -> None:
    current, target = sides(*pair)
    made = planned(*pair)
    for number in range(len(made) + 1):
        for route in made.state(number).routes:
            assert route.path is not None or len(route.backends) == 1
    assert current.digest != target.digest
