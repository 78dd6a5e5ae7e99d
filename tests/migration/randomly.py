"""Random orders with random edits, and every state of them by brute force."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TypeVar

from hypothesis import strategies as st

from novaplan.migration.edits import Edit, Value, apply, fact, put, remove, set_fields
from novaplan.migration.world import World
from novaplan.topology.base import Model
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from tests.migration.small import service, step, system, world

M = TypeVar("M", bound=Model)
NAMES = ("a", "b", "c")
TOPOLOGY = system(services=[service(name, replicas=1) for name in NAMES])


class Plain:
    """A state as a mapping, with what of a view a question uses."""

    def __init__(self, parts: dict[str, Value]) -> None:
        self.parts = parts

    def part(self, own: str, kind: type[M]) -> M | None:
        value = self.parts.get(own)
        return value if isinstance(value, kind) else None

    def has(self, own: str) -> bool:
        return own in self.parts


@st.composite
def edits(draw: st.DrawFn, names: tuple[str, ...] = NAMES) -> Edit:
    own = f"service:{draw(st.sampled_from(names))}"
    replicas = draw(st.integers(0, 4))
    return draw(
        st.sampled_from(
            [set_fields(own, replicas=replicas), remove(own), put(own, Service(name=own[-1], replicas=replicas))]
        )
    )


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 6, chains: bool = False) -> World:
    """Up to ``most`` steps of one or two stages. ``chains`` puts all that edit one service into one order."""
    steps = []
    for index in range(draw(st.integers(0, most))):
        own = (draw(st.sampled_from(NAMES)),) if chains else NAMES
        stages = draw(st.lists(st.lists(edits(own), max_size=2).map(tuple), min_size=1, max_size=2).map(tuple))
        after = set(draw(st.lists(st.integers(0, index - 1), max_size=2)) if index else [])
        if chains:
            after |= {other for other, (name, _, _) in enumerate(steps) if name == own}
        steps.append((own, stages, after))
    made = [
        step(
            f"s{index}", stages=stages, after=tuple(f"s{other}" for other in sorted(after)), establishes=(f"f{index}",)
        )
        for index, (_, stages, after) in enumerate(steps)
    ]
    return world(TOPOLOGY, TOPOLOGY, *made)


def down_sets(of: World) -> Iterator[int]:
    """Every set of stages that may be done, found by trying all sets."""
    size = of.order.size
    edges = [(before, after) for after in range(size) for before in of.order.direct[after]]
    for count in range(size + 1):
        for chosen in combinations(range(size), count):
            if all(before in chosen for before, after in edges if after in chosen):
                yield sum(1 << item for item in chosen)


def parts(of: World, mask: int) -> dict[str, Value]:
    """What stands where in a state: its stages applied one after the other."""
    from novaplan.topology.parts import split

    found: dict[str, Value] = dict(split(of.current))
    for node in of.order.sequence:
        if mask >> node & 1:
            index, stage = of.nodes[node]
            apply(of.steps[index].stages[stage], found)
            if node == of.last[index]:
                apply((put(fact(name), True) for name in of.steps[index].establishes), found)
    return found


def topology(of: World, mask: int) -> Topology:
    """That state built whole. Raises what does not fit."""
    from novaplan.topology.parts import join

    return join({own: value for own, value in parts(of, mask).items() if isinstance(value, Model)})
