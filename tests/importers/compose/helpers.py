"""Short ways to what the tests look at."""

from collections.abc import Callable
from typing import Any

import pytest

from novaplan.errors import NovaplanError
from novaplan.importers.draft import Draft, Workload


def service(draft: Draft, name: str) -> Workload:
    """The workload ``name``."""
    (found,) = [unit for unit in draft.workloads if unit.name == name]
    return found


def env(unit: Workload) -> dict[str, str | None]:
    """The variables of its container."""
    return {setting.name: setting.text for setting in unit.containers[0].settings if setting.source == "env"}


def arguments(unit: Workload) -> list[str | None]:
    """The values of its arguments."""
    return [setting.text for setting in unit.containers[0].settings if setting.source == "argument"]


def message(call: Callable[..., Any], *given: Any, **named: Any) -> str:
    """The text of the error that a call raises."""
    with pytest.raises(NovaplanError) as caught:
        call(*given, **named)
    return str(caught.value)


def notes(draft: Draft, kind: str) -> list[str]:
    """The messages of one kind."""
    return [note.message for note in draft.notes if note.kind == kind]
