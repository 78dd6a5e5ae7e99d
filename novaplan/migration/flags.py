"""Feature flags on the way: what is new is off until its own step, what was on stays on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novaplan.topology.base import replace
from novaplan.topology.service import FeatureFlag

if TYPE_CHECKING:
    from novaplan.migration.draft import Draft


def dark_flag(draft: Draft, own: str, goal: FeatureFlag) -> FeatureFlag:
    """The flag of target under ``own`` as it stands before its own step."""
    olds = [draft.start.get(item) for item in draft.heritage.came_from.get(own, ())]
    known = [old.enabled for old in olds if isinstance(old, FeatureFlag)]
    return replace(goal, enabled=goal.enabled and any(known) if known else False)
