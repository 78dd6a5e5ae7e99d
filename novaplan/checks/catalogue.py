"""Which checks there are: every module in the folders of this package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from novaplan.checks.found import Found
from novaplan.errors import UnknownNameError, nearest
from novaplan.findings import Severity

Reading = Literal["objects", "compose", "workloads", "topology", "against"]
READINGS: Final[tuple[Reading, ...]] = ("objects", "compose", "workloads", "topology", "against")


@dataclass(frozen=True, slots=True)
class Check:
    """One check, as its module defines it."""

    name: str
    family: str
    """The folder it stands in, with dashes: ``high-availability``."""
    severity: Severity
    title: str
    """What must hold, in one sentence."""
    text: str
    """Why, and where the rule comes from."""
    readings: dict[Reading, Callable[..., Iterable[Found]]]
    """What it reads, and the function that does."""


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, by family and name."""
    found = []
    for family in pkgutil.iter_modules(__import__(__package__, fromlist=["*"]).__path__):
        if family.ispkg:
            package = importlib.import_module(f"{__package__}.{family.name}")
            for info in pkgutil.iter_modules(package.__path__):
                module = importlib.import_module(f"{package.__name__}.{info.name}")
                if not info.name.startswith("_"):
                    found.append(_check(module, info.name.replace("_", "-"), family.name.replace("_", "-")))
    return tuple(sorted(found, key=lambda check: (check.family, check.name)))


def _check(module: Any, name: str, family: str) -> Check:
    title, _, text = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
    readings = {reading: function for reading in READINGS if (function := getattr(module, reading, None)) is not None}
    return Check(name, family, module.SEVERITY, " ".join(title.split()), text, readings)


def named(names: Iterable[str]) -> frozenset[str]:
    """The checks that ``names`` stand for: a check by its own name, or all of a family. Raises UnknownNameError."""
    checks = all_checks()
    families: dict[str, set[str]] = {}
    for check in checks:
        families.setdefault(check.family, set()).add(check.name)
    known = {check.name for check in checks} | set(families)
    chosen: set[str] = set()
    for name in names:
        if name not in known:
            raise UnknownNameError(f"there is no check {name!r}{nearest(name, known)}; see novaplan checks")
        chosen |= families.get(name, {name})
    return frozenset(chosen)
