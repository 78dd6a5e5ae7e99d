"""A plan: the steps from one topology to another in the order they are told, and the proof that they are safe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from novaplan.migration.proof import Proof
from novaplan.migration.schedule import SAMPLES, Schedule, schedule
from novaplan.migration.step import Step
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.system import Topology


@dataclass(frozen=True)
class Plan:
    """What ``plan`` makes and ``verify`` accepts."""

    world: World
    proof: Proof

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step, each after those it waits for."""
        world = self.world
        order = sorted(range(len(world.steps)), key=lambda index: world.order.rank[world.last[index]])
        return tuple(world.steps[index] for index in order)

    @property
    def current_name(self) -> str:
        """Name of the topology it starts from."""
        return self.world.current.name

    @property
    def target_name(self) -> str:
        """Name of the topology it leads to."""
        return self.world.target.name

    @property
    def current_digest(self) -> str:
        """Digest of the topology it starts from."""
        return self.world.current.digest

    @property
    def target_digest(self) -> str:
        """Digest of the topology it leads to."""
        return self.world.target.digest

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def state(self, number: int) -> Topology:
        """The topology after so many steps: 0 is current, the last one target (which keeps its lineage)."""
        if not 0 <= number <= len(self.steps):
            raise IndexError(f"there are {len(self.steps)} steps, and no state {number}")
        mask = 0
        for step in self.steps[:number]:
            index = self.world.position[step.id]
            for node in range(self.world.first(index), self.world.last[index] + 1):
                mask |= 1 << node
        made = self.world.topology(mask)
        return replace(made, lineage=self.world.target.lineage) if number == len(self.steps) else made

    def schedule(
        self, *, first_day: date | None = None, holidays: Sequence[date] = (), samples: int = SAMPLES
    ) -> Schedule:
        """When each step can be done by as many people as the rollout has."""
        people = self.world.rollout.people
        return schedule(self.steps, people=people, first_day=first_day, holidays=holidays, samples=samples)
