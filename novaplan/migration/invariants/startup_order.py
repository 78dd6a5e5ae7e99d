"""Everything can start: nothing waits in a circle, and nothing waits for what belongs to a later tier.

What target gives a tier has it before one that is in a tier waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.cycles import components, in_circles
from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import service, store
from novaplan.migration.world import View, World
from novaplan.topology.parts import label_of
from novaplan.topology.service import Service


def obligations(world: World) -> Iterator[Obligation]:
    """One for each circle that there might be, and one for each service that waits in a tier."""
    waits: dict[str, set[str]] = {}
    for own in world.universe.get("service", ()):
        values = cast("list[Service]", world.values(own))
        waits[label_of(own)] = {name for value in values for name in value.startup.wait_for}
    for circle in components(waits):
        yield Obligation(f"circle of {', '.join(circle)}", partial(_circle, names=circle))
    for name, awaited in waits.items():
        if awaited:
            yield Obligation(f"service:{name}", partial(_tiers, name=name))


def _circle(view: View, names: tuple[str, ...]) -> Shortfall | None:
    found = {name: service(view, name, "startup") for name in names}
    stuck = in_circles({name: item.startup.wait_for for name, item in found.items() if item is not None})
    if not stuck:
        return None
    return Shortfall(f"wait for each other: {', '.join(stuck)}", len(stuck), "let one of them start without another")


def _tiers(view: View, name: str) -> Shortfall | None:
    own = service(view, name, "startup")
    if own is None or own.startup.tier is None:
        return None
    late = [other for other in own.startup.wait_for if _is_late(view, other, own.startup.tier)]
    message = f"is in tier {own.startup.tier} and waits for {', '.join(late)} of a later tier, or of none yet"
    return Shortfall(message, len(late), "set the tiers of what is awaited first") if late else None


def _is_late(view: View, name: str, tier: int) -> bool:
    """Whether something starts later than ``tier``, or has no tier while it is to have one."""
    found = _tier(view, name)
    if found is not None:
        return found > tier
    wanted = view.world.target.service.get(name)
    awaited = view.world.target.datastore.get(name)
    return (wanted.startup.tier if wanted else awaited.startup_tier if awaited else None) is not None


def _tier(view: View, name: str) -> int | None:
    found = service(view, name, "startup")
    if found is not None:
        return found.startup.tier
    awaited = store(view, name, "startup_tier")
    return None if awaited is None else awaited.startup_tier
