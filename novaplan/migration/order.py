"""A partial order of numbered things, and its down-sets: what may be done already when everything waits its turn.

Sets of numbers are integers, one bit for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError

from novaplan.errors import NovaplanError

MANY = 20_000
"""Down-sets that are looked through for one question; beyond that it counts as not proved."""


class TooManyError(NovaplanError):
    """A question touches so many steps without order that its states cannot be looked through.

    ``meeting`` holds the stages that matter to it, as a set."""

    def __init__(self, most: int, meeting: int) -> None:
        super().__init__(f"more than {most} states; put the steps that meet here in an order")
        self.meeting = meeting


class Order:
    """The order that ``edges`` of pairs (before, after) span over ``range(size)``. Raises CycleError for a circle."""

    def __init__(self, size: int, edges: Iterable[tuple[int, int]]) -> None:
        self.size = size
        self.direct: list[set[int]] = [set() for _ in range(size)]
        for before, after in edges:
            self.direct[after].add(before)
        self.sequence = self._sequence()
        """A linear order that obeys it: always the smallest number that may come next."""
        self.below = [0] * size
        """For each number, everything that must come before it."""
        for item in self.sequence:
            mask = 0
            for before in self.direct[item]:
                mask |= self.below[before] | 1 << before
            self.below[item] = mask
        self.above = [0] * size
        """For each number, everything that must come after it."""
        for item in reversed(self.sequence):
            for before in self.direct[item]:
                self.above[before] |= self.above[item] | 1 << item
        self.rank = {item: place for place, item in enumerate(self.sequence)}

    def _sequence(self) -> list[int]:
        import heapq

        waiting = [len(before) for before in self.direct]
        after: list[list[int]] = [[] for _ in range(self.size)]
        for item, befores in enumerate(self.direct):
            for before in befores:
                after[before].append(item)
        ready = [item for item, count in enumerate(waiting) if not count]
        found = []
        while ready:
            item = heapq.heappop(ready)
            found.append(item)
            for later in after[item]:
                waiting[later] -= 1
                if not waiting[later]:
                    heapq.heappush(ready, later)
        if len(found) < self.size:
            raise CycleError("the order has a circle", [item for item, count in enumerate(waiting) if count])
        return found

    def comes_before(self, first: int, second: int) -> bool:
        """Whether ``first`` is always done before ``second``."""
        return bool(self.below[second] >> first & 1)

    def ordered(self, first: int, second: int) -> bool:
        """Whether one of the two always comes before the other."""
        return self.comes_before(first, second) or self.comes_before(second, first)

    def down_sets(self, items: Iterable[int], most: int = MANY) -> list[int]:
        """Every set of ``items`` that may be done together, seen among them alone, the empty one first.

        That a set is one of these is the same as that some state of the whole has done just these of ``items``. Raises
        TooManyError beyond ``most``.
        """
        chosen = sorted(items, key=self.rank.__getitem__)
        among = mask_of(chosen)
        masks = [0]
        for item in chosen:
            needed = self.below[item] & among
            bit = 1 << item
            masks += [mask | bit for mask in masks if mask & needed == needed]
            if len(masks) > most:
                raise TooManyError(most, among)
        return masks

    def covered(self, item: int, among: int) -> list[int]:
        """Of the set ``among`` those that come before ``item`` with none of ``among`` in between."""
        rest, found = self.below[item] & among, []
        while rest:
            before = max(items_of(rest), key=self.rank.__getitem__)
            found.append(before)
            rest &= ~(self.below[before] | 1 << before)
        return found

    def reduced(self) -> list[set[int]]:
        """For each number, those directly before it that no other one implies."""
        found = []
        for item in range(self.size):
            implied = 0
            for before in self.direct[item]:
                implied |= self.below[before]
            found.append({before for before in self.direct[item] if not implied >> before & 1})
        return found


def mask_of(items: Iterable[int]) -> int:
    """The set of ``items`` as bits."""
    mask = 0
    for item in items:
        mask |= 1 << item
    return mask


def items_of(mask: int) -> Iterator[int]:
    """The numbers whose bits are set, smallest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
