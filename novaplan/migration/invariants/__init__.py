"""Invariants: what must be so in every state on the way, one file each.

A module here has a docstring (its first line is the invariant's title), ``obligations(world)``, which asks its
questions, and, where it looks at the steps themselves, ``judge(world)``. It is found by its file name, which is the
invariant's name with underscores for dashes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novaplan.migration.obligations import Budget, Obligation
    from novaplan.migration.proof import Breach
    from novaplan.migration.world import World


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant, as its module defines it."""

    name: str
    title: str
    obligations: Callable[[World], Iterable[Obligation | Budget]]
    judge: Callable[[World], Iterable[Breach]]


def _nothing(_: World) -> tuple[()]:
    return ()


@cache
def all_invariants() -> tuple[Invariant, ...]:
    """Every invariant, by name."""
    found = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        title = " ".join((module.__doc__ or "").partition("\n\n")[0].split())
        found.append(
            Invariant(
                name=info.name.replace("_", "-"),
                title=title,
                obligations=getattr(module, "obligations", _nothing),
                judge=getattr(module, "judge", _nothing),
            )
        )
    return tuple(sorted(found, key=lambda invariant: invariant.name))
