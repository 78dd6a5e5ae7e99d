"""The ledger: what becomes of every part, written down while it happens."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from novaplan.consolidation.conflicts import Conflicts, retirement
from novaplan.topology.lineage import Fate, Heir
from novaplan.topology.parts import SYSTEM, kind_of


@dataclass(slots=True)
class Ledger:
    """For each part of the current topology, the parts of the target it became, or why it is gone."""

    into: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, tuple[Fate, str]] = field(default_factory=dict)

    def record(self, part: str, target: str) -> None:
        """``part`` became ``target``, alone or together with others."""
        if target not in self.into[part]:
            self.into[part].append(target)

    def internal(self, part: str, reason: str) -> None:
        """``part`` is a call between services that became one."""
        self.gone[part] = ("internal", reason)

    def retire(self, part: str, reason: str) -> None:
        """``part`` has no place in the target."""
        self.gone[part] = ("retired", reason)

    def heirs(self, current: Collection[str], target: Collection[str], conflicts: Conflicts) -> list[Heir]:
        """One entry for every part of ``current``; a part that lands nowhere is a conflict."""
        sources: dict[str, int] = defaultdict(int)
        for places in self.into.values():
            for place in places:
                sources[place] += 1
        explained = {conflict.subject for conflict in conflicts.found}
        heirs = []
        for part in current:
            if part == SYSTEM:
                continue
            into = tuple(sorted(place for place in self.into.get(part, ()) if place in target))
            if into:
                heirs.append(Heir(part=part, fate=_fate(part, into, sources), into=into))
            elif part in self.gone:
                fate, reason = self.gone[part]
                heirs.append(Heir(part=part, fate=fate, reason=reason))
            elif part not in explained:
                conflicts.add(part, f"this {kind_of(part)} lands nowhere", retirement(part))
        return heirs

    def places(self) -> set[str]:
        """Every address that anything became."""
        return {place for places in self.into.values() for place in places}


def _fate(part: str, into: tuple[str, ...], sources: dict[str, int]) -> Fate:
    if any(sources[place] > 1 for place in into):
        return "absorbed"
    return "kept" if into == (part,) else "moved"
