"""The big systems that benchmarks use are what they say they are."""

from __future__ import annotations

import pytest

from novaplan.topology.storage import dumps, loads
from tests.generate import groups, system


def test_a_generated_system_has_the_size_that_was_asked_for() -> None:
    topology = system(services=60, dependencies=480)

    assert len(topology.services) == 60
    assert len(topology.dependencies) == 480
    assert {store.kind for store in topology.datastores} == {"postgres", "redis", "kafka"}
    assert len(topology.secrets) == 60
    assert topology.routes
    assert len(topology.namespaces) == 2


def test_a_seed_gives_one_system_and_another_seed_another() -> None:
    first = system(services=20, dependencies=100, seed=1)

    assert dumps(first) == dumps(system(services=20, dependencies=100, seed=1))
    assert first.digest != system(services=20, dependencies=100, seed=2).digest


def test_a_generated_system_survives_its_file() -> None:
    topology = system(services=60, dependencies=480)

    assert loads(dumps(topology)) == topology


def test_too_many_dependencies_for_so_few_services_are_refused() -> None:
    with pytest.raises(ValueError, match="2 services cannot have 500 dependencies"):
        system(services=2, dependencies=500)


@pytest.mark.parametrize("into", [1, 7, 20, 60])
def test_groups_hold_every_service_once_and_are_of_nearly_one_size(into: int) -> None:
    topology = system(services=60, dependencies=100)

    made = groups(topology, into)

    assert len(made) == into
    assert sorted(name for group in made for name in group) == sorted(topology.service)
    assert max(map(len, made)) - min(map(len, made)) <= 1


def test_groups_beyond_the_number_of_services_are_refused() -> None:
    with pytest.raises(ValueError, match="3 services cannot become 4"):
        groups(system(services=3, dependencies=3), 4)
