"""A plan: the steps from one topology to another in the order they are told, and the proof that they are safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from novaplan.errors import InputError, Problem
from novaplan.migration.proof import Proof
from novaplan.migration.schedule import SAMPLES, Schedule, schedule
from novaplan.migration.step import Step
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.system import Topology

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


def state_name(number: int, total: int, step: str = "current") -> str:
    """The name of the file with the topology after ``number`` of ``total`` steps, the last one called ``step``."""
    return f"{number:0{len(str(total))}}-{_UNSAFE.sub('-', step)[:_LONGEST].strip('-.')}"


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

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names for files with the topologies on the way, current first."""
        names = ["current", *(step.id for step in self.steps)]
        return tuple(state_name(number, len(self.steps), name) for number, name in enumerate(names))

    def state(self, number: int) -> Topology:
        """The topology after so many steps: 0 is current, the last one target (which keeps its lineage)."""
        if not 0 <= number <= len(self.steps):
            raise IndexError(f"there are {len(self.steps)} steps, and no state {number}")
        return self.after(step.id for step in self.steps[:number])

    def after(self, done: Iterable[str]) -> Topology:
        """The topology when the steps with these ids are done, in whatever order the plan allows.

        Raises InputError with a line for every step among them that waits for one that is not.
        """
        ids, mask = set(done), 0
        numbers = {step.id: f"{number} ({step.id})" for number, step in enumerate(self.steps, 1)}
        problems = [
            Problem(f"step {numbers[step.id]} waits for {numbers[missing]}, which is not among those done")
            for step in self.steps
            for missing in step.after
            if step.id in ids and missing not in ids
        ]
        if problems:
            raise InputError(problems)
        for index in (self.world.position[name] for name in ids):
            for node in range(self.world.first(index), self.world.last[index] + 1):
                mask |= 1 << node
        made = self.world.topology(mask)
        return replace(made, lineage=self.world.target.lineage) if len(ids) == len(self.steps) else made

    def named(self, text: str) -> list[str]:
        """The ids of the steps that ``text`` names, by number, from number to number, or by id: ``1-40,43``.

        Raises InputError for a name that no step has.
        """
        found, numbers = [], range(1, len(self.steps) + 1)
        for item in filter(None, (word.strip() for word in text.split(","))):
            first, dash, last = item.partition("-")
            ends = [int(end) for end in (first, last if dash else first) if end.isascii() and end.isdecimal()]
            if len(ends) == 2 and ends[0] in numbers and ends[1] in numbers and ends[0] <= ends[1]:
                found += [step.id for step in self.steps[ends[0] - 1 : ends[1]]]
            elif item in self.world.position:
                found.append(item)
            else:
                raise InputError(f"there is no step {item!r}; name an id, or a number from 1 to {len(numbers)}")
        return found

    def schedule(
        self, *, first_day: date | None = None, holidays: Sequence[date] = (), samples: int = SAMPLES
    ) -> Schedule:
        """When each step can be done by as many people as the rollout has."""
        people = self.world.rollout.people
        return schedule(self.steps, people=people, first_day=first_day, holidays=holidays, samples=samples)

    def _repr_html_(self) -> str:
        from novaplan.migration.tables import proof_table, schedule_table, steps_table

        found = self.schedule()
        return "".join(
            table.html() for table in (steps_table(self.steps, found), schedule_table(found), proof_table(self.proof))
        )
