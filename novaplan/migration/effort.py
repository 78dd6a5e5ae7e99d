"""What each kind of step costs, and which improvement it belongs to: a file that a person edits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from novaplan.migration.effort_model import Days, EffortModel
from novaplan.migration.step import Effort, Step

if TYPE_CHECKING:
    from novaplan.capacity.claims.model import Claims


@dataclass(frozen=True)
class Efforts:
    """Answers from an effort model."""

    model: EffortModel

    @cached_property
    def _kinds(self) -> dict[str, int]:
        return {entry.kind: index for index, entry in enumerate(self.model.kinds)}

    def of(self, kind: str, units: Mapping[str, int]) -> Effort:
        """Person-days of one step of ``kind`` with so many units of what makes it larger: ``kilolines``, ``tables``."""
        index = self._kinds.get(kind)
        entry = self.model.default if index is None else self.model.kinds[index].days
        per = {} if index is None else self.model.kinds[index].per
        total = [entry.optimistic, entry.likely, entry.pessimistic]
        for name, days in sorted(per.items()):
            count = units.get(name, 0)
            total = [old + count * new for old, new in zip(total, _three(days), strict=True)]
        return Effort(*(round(value, 4) for value in total))

    def theme_of(self, kind: str) -> str:
        """The improvement that steps of ``kind`` belong to; empty where the model names none."""
        return next((theme.name for theme in self.model.themes if kind in theme.kinds), "")


@dataclass(frozen=True, slots=True)
class Group:
    """The steps of one improvement and what they cost."""

    name: str
    title: str
    steps: tuple[str, ...]
    effort: Effort
    """The sum of their efforts, in person-days."""
    stated: str = ""
    """What somebody stated it costs, as written in a file of claims."""


def groups(
    steps: Iterable[Step], model: EffortModel, claims: Claims | str | os.PathLike[str] | None = None
) -> tuple[Group, ...]:
    """The improvements of ``model`` with the steps that make them up, beside what ``claims``, or the file of that name,
    states.

    Raises what ``load_claims`` raises.
    """
    stated = _stated(claims) if claims is not None else {}
    found = []
    listed = list(steps)
    for theme in model.themes:
        own = [step for step in listed if step.theme == theme.name]
        if own:
            total = Effort(
                round(sum(step.effort.optimistic for step in own), 2),
                round(sum(step.effort.likely for step in own), 2),
                round(sum(step.effort.pessimistic for step in own), 2),
            )
            said = stated.get(theme.claim or "", "")
            found.append(Group(theme.name, theme.title, tuple(step.id for step in own), total, said))
    return tuple(found)


def _stated(claims: Claims | str | os.PathLike[str]) -> dict[str, str]:
    from novaplan.capacity.claims.model import Claims, load_claims

    loaded = claims if isinstance(claims, Claims) else load_claims(claims)
    return {claim.id: str(claim.value) for claim in loaded.claims if claim.figure == "effort"}


def _three(days: Days) -> tuple[float, float, float]:
    return days.optimistic, days.likely, days.pessimistic
