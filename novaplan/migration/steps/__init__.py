"""Kinds of steps, one file each. A kind is found by its file name, which is its name with underscores for dashes.

A module here defines

- a docstring, whose first paragraph says what such a step does;
- ``PHASE`` and ``ORDER``: kinds propose their steps in ascending order, each seeing the state that the steps before it
  leave; that order is the canonical one, in which the plan is told;
- ``propose(draft)``: adds its steps to the draft;
- ``requires_of(step, world)``: the facts that must be established before such a step. It trusts nothing in the step but
  its id and edits, so that a plan somebody edited can be judged;
- ``allowed(step, world)``: what is wrong with the edits of a step of this kind, nothing where they are of its kind.

``world`` is used for ``current``, ``target`` and the lineage alone. An id is ``kind/subject`` or
``kind/subject/detail``; ``subject`` is the name of a component as the topology has it.

Facts, and the kinds that establish them:

    inventory                    inventory
    contract-tests/SERVICE       contract-tests       a service of target
    image/SERVICE                build-image          a service of target
    role/STORE/USER              create-role
    synced/STORE/DATABASE        move-database        the copy follows the original
    copied/NEW/STORE/DATABASE    move-schema          the copy of what NEW takes over follows the original
    caught-up/CLIENT/STORE/DB    rehome-redis         both Redis DBs hold the same
    deployed/SERVICE             deploy-dark, release
    flags/SERVICE                enable-flags         they are as target has them
    opened/SERVICE               open-routes          the new routes that will lead to it
    mirrored/OLD/NEW             mirror-reads
    shifted/OLD/NEW              shift-route          at full weight
    entry-moved/GATEWAY          move-entry           nobody comes in through the gateway any more
    named/OLD                    keep-name            the old name leads to the heir
    handed-over/NEW/STORE/TOPIC/GROUP  hand-over-consumption
    drained/OLD                  drain                no connection is left
    baked/SERVICE                bake                 a service of target
    revoked/OLD                  revoke-credentials
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novaplan.migration.draft import Draft
    from novaplan.migration.step import Phase, Step
    from novaplan.migration.world import World


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step, as its module defines it."""

    name: str
    title: str
    phase: Phase
    order: int
    propose: Callable[[Draft], None]
    requires_of: Callable[[Step, World], tuple[str, ...]]
    allowed: Callable[[Step, World], str]


def _inventory(step: Step, _world: World) -> tuple[str, ...]:
    """What every step waits for whose kind names nothing else."""
    return () if step.kind == "inventory" else ("inventory",)


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, in the order in which they propose."""
    found = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        title = " ".join((module.__doc__ or "").partition("\n\n")[0].split())
        found.append(
            Kind(
                name=info.name.replace("_", "-"),
                title=title,
                phase=module.PHASE,
                order=module.ORDER,
                propose=module.propose,
                requires_of=getattr(module, "requires_of", _inventory),
                allowed=module.allowed,
            )
        )
    return tuple(sorted(found, key=lambda kind: (kind.order, kind.name)))


@cache
def kinds_by_name() -> dict[str, Kind]:
    """Every kind by its name."""
    return {kind.name: kind for kind in all_kinds()}
