"""Two descriptions of one system: who is who, and that what was rendered says what it was rendered from."""

from pathlib import Path

import pytest

from novaplan import load, render_manifests
from novaplan.checks.consistency._pairs import services, stem
from novaplan.checks.reading import described, described_objects
from novaplan.checks.running import run
from novaplan.importers.kubernetes.sources import read_all
from novaplan.topology.service import Container, Service
from novaplan.topology.system import Topology


def system(*names: str, **images: str) -> Topology:
    made = [Service(name=name) for name in names]
    made += [
        Service(name=name, containers=(Container(name="main", image=image),)) for name, image in sorted(images.items())
    ]
    return Topology(services=tuple(made))


def pairs(one: Topology, other: Topology) -> set[tuple[str, str]]:
    return {(mine.name, theirs.name) for mine, theirs in services(one, other)}


def test_names_come_before_stems() -> None:
    assert pairs(system("orders", "orders-api"), system("orders", "orders-service")) == {
        ("orders", "orders"),
        ("orders-api", "orders-service"),
    }


def test_a_stem_of_several_means_none() -> None:
    assert pairs(system("orders-api", "orders-svc"), system("orders")) == set()


def test_images_tell_at_last() -> None:
    assert pairs(system(one="shop/orders:1"), system(two="registry.example/shop/orders:2")) == {("one", "two")}
    assert pairs(system(one="shop/orders:1"), system(two="shop/stock:1")) == set()


@pytest.mark.parametrize(("name", "expected"), [("orders-svc", "orders"), ("api-service", "api-service")])
def test_what_is_left_of_a_name(name: str, expected: str) -> None:
    assert stem(name) == expected


@pytest.mark.parametrize("name", ["target", "shop-target"])
def test_what_is_rendered_agrees_with_what_it_was_rendered_from(name: str, tmp_path: Path) -> None:
    topology = load(name)
    render_manifests(topology).write(str(tmp_path))
    one, other = described_objects(tuple(read_all([str(tmp_path)], []))), described(topology)
    alone = run(one)
    assert [item for item in run(one, other=other) if item not in alone] == []
    assert [item for item in run(other, other=one) if item not in run(other)] == []
