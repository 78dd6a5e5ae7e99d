"""When each step can be done: durations, layers, the critical path, lanes of people, and how sure the end is.

Time is counted in working days from the start. A step takes one person its effort; after that its bake time passes,
in which nobody works on it: 24 hours of baking are one day. Each effort is a PERT estimate: the mean of (optimistic + 4
likely + pessimistic) / 6 and a deviation of (pessimistic - optimistic) / 6 (Malcolm, Roseboom, Clark, Fazar 1959). The
chances of the whole come from a simulation over the beta distributions of that estimate, because the critical path of
the means misses that another path may turn out longer.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from novaplan.errors import InputError
from novaplan.migration.step import Effort, Step

_DAY = 86_400_000
SAMPLES = 1_000
_WEEKDAYS = 5
"""Monday to Friday."""


def mean(effort: Effort) -> float:
    """The expected person-days of a PERT estimate."""
    return (effort.optimistic + 4 * effort.likely + effort.pessimistic) / 6


def deviation(effort: Effort) -> float:
    """The standard deviation of a PERT estimate, in person-days."""
    return (effort.pessimistic - effort.optimistic) / 6


@dataclass(frozen=True, slots=True)
class Slot:
    """When one step is worked on, in working days from the start."""

    step: str
    lane: int
    """Which of the people does it, counted from 0."""
    layer: int
    """How many steps must come before it, one after the other."""
    start: float
    worked: float
    """When the work on it ends and its bake time begins."""
    end: float
    slack: float
    """By how much it may be late without making the whole later, were there people enough."""

    @property
    def critical(self) -> bool:
        """Whether any delay of it delays the whole."""
        return self.slack < 1e-9


@dataclass(frozen=True)
class Schedule:
    """All slots in the order of their start, and the chances of the end."""

    slots: tuple[Slot, ...]
    people: int
    days: float
    """Until everything is done, with expected efforts."""
    path_days: float
    """Until everything is done were there people enough: the length of the critical path."""
    person_days: float
    """Expected work in all."""
    percentiles: Mapping[int, float]
    """P50, P80, P95: the days within which the simulation was done in so many of 100 runs."""
    samples: int
    first_day: date | None = None
    holidays: frozenset[date] = frozenset()

    @cached_property
    def slot(self) -> dict[str, Slot]:
        """Slots by the id of their step."""
        return {slot.step: slot for slot in self.slots}

    @cached_property
    def critical_path(self) -> tuple[str, ...]:
        """Ids of the steps that no slack is left for, in order."""
        return tuple(slot.step for slot in self.slots if slot.critical)

    def day(self, offset: float) -> date | None:
        """The date that a moment falls on; None without a first day. Saturdays, Sundays and holidays do not count.

        Raises InputError beyond the last date that there is.
        """
        if self.first_day is None:
            return None
        found, left = self.first_day, int(offset + 1e-9)
        while left or not self._works(found):
            if self._works(found):
                left -= 1
            if found == date.max:
                raise InputError("the schedule runs beyond the last date there is; start earlier", field="start")
            found += timedelta(days=1)
        return found

    def _works(self, day: date) -> bool:
        return day.weekday() < _WEEKDAYS and day not in self.holidays


def schedule(
    steps: Sequence[Step],
    *,
    people: int,
    first_day: date | None = None,
    holidays: Sequence[date] = (),
    samples: int = SAMPLES,
    seed: int = 0,
) -> Schedule:
    """When ``steps``, given in an order that they allow, can be done by ``people``.

    Raises InputError when there is nobody to do them. The same input and ``seed`` give the same schedule.
    """
    if people < 1:
        raise InputError("a schedule needs at least one person", field="people")
    network = _Network(steps)
    means = [mean(step.effort) for step in steps]
    early, late, path_days = network.bounds(means)
    # Whoever is free takes the step that must start first.
    priority = sorted(range(len(steps)), key=lambda item: (late[item], item))
    rank = {item: place for place, item in enumerate(priority)}
    starts, lanes, days = network.lay_out(means, people, rank)
    slots = []
    for item, step in enumerate(steps):
        worked = starts[item] + means[item]
        end, slack = worked + network.lags[item], late[item] - early[item]
        slots.append(Slot(step.id, lanes[item], network.layers[item], starts[item], worked, end, slack))
    return Schedule(
        slots=tuple(sorted(slots, key=lambda slot: (slot.start, slot.lane, slot.step))),
        people=people,
        days=days,
        path_days=path_days,
        person_days=sum(means),
        percentiles=_percentiles(_simulate(network, steps, people, rank, samples, seed)),
        samples=samples,
        first_day=first_day,
        holidays=frozenset(holidays),
    )


class _Network:
    """The steps as numbers, with who waits for whom."""

    def __init__(self, steps: Sequence[Step]) -> None:
        number = {step.id: item for item, step in enumerate(steps)}
        self.before = [[number[name] for name in step.after] for step in steps]
        self.after: list[list[int]] = [[] for _ in steps]
        for item, befores in enumerate(self.before):
            for before in befores:
                self.after[before].append(item)
        self.lags = [step.bake_milliseconds / _DAY for step in steps]
        self.layers = [0] * len(steps)
        for item, befores in enumerate(self.before):
            self.layers[item] = 1 + max((self.layers[before] for before in befores), default=-1)

    def bounds(self, durations: Sequence[float]) -> tuple[list[float], list[float], float]:
        """For each step the earliest and the latest start, and the length of the critical path, were there people
        enough."""
        total = [duration + lag for duration, lag in zip(durations, self.lags, strict=True)]
        early = [0.0] * len(total)
        for item, befores in enumerate(self.before):
            early[item] = max((early[before] + total[before] for before in befores), default=0.0)
        length = max((start + took for start, took in zip(early, total, strict=True)), default=0.0)
        late = [0.0] * len(total)
        for item in reversed(range(len(total))):
            late[item] = min((late[after] for after in self.after[item]), default=length) - total[item]
        return early, late, length

    def lay_out(
        self, durations: Sequence[float], people: int, rank: Mapping[int, int]
    ) -> tuple[list[float], list[int], float]:
        """Starts and lanes of all steps, and the end: at each moment whoever is free takes the most urgent step."""
        count = len(durations)
        waiting = [len(befores) for befores in self.before]
        starts, lanes = [0.0] * count, [0] * count
        ready = [(rank[item], item) for item in range(count) if not waiting[item]]
        heapq.heapify(ready)
        idle = list(range(people))
        events: list[tuple[float, int, int]] = []
        now = end = 0.0
        while ready or events:
            while ready and idle:
                item = heapq.heappop(ready)[1]
                starts[item], lanes[item] = now, heapq.heappop(idle)
                worked = now + durations[item]
                heapq.heappush(events, (worked, -1, lanes[item]))
                heapq.heappush(events, (worked + self.lags[item], item, -1))
            now, item, lane = heapq.heappop(events)
            if lane >= 0:
                heapq.heappush(idle, lane)
                continue
            end = max(end, now)
            for after in self.after[item]:
                waiting[after] -= 1
                if not waiting[after]:
                    heapq.heappush(ready, (rank[after], after))
        return starts, lanes, end


def _simulate(
    network: _Network, steps: Sequence[Step], people: int, rank: Mapping[int, int], samples: int, seed: int
) -> list[float]:
    """The days of each run, shortest first."""
    draw = random.Random(seed)
    ends = []
    for _ in range(samples):
        durations = [_sample(step.effort, draw) for step in steps]
        ends.append(network.lay_out(durations, people, rank)[2])
    return sorted(ends)


def _sample(effort: Effort, draw: random.Random) -> float:
    width = effort.pessimistic - effort.optimistic
    if width <= 0:
        return effort.likely
    alpha = 1 + 4 * (effort.likely - effort.optimistic) / width
    beta = 1 + 4 * (effort.pessimistic - effort.likely) / width
    return effort.optimistic + width * draw.betavariate(alpha, beta)


def _percentiles(ends: Sequence[float]) -> dict[int, float]:
    """The smallest end that so many of 100 runs do not exceed."""
    if not ends:
        return {}
    return {share: ends[max(0, -(-share * len(ends) // 100) - 1)] for share in (50, 80, 95)}
