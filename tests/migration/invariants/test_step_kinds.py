from __future__ import annotations

from novaplan.migration.edits import set_fields
from tests.migration.small import broken, service, step, system, world

TOPOLOGY = system(services=[service("web")])
FINE = {"phase": "expand", "kind": "inventory"}


def wrong(name: str, *edits: object, **fields: str) -> list[str]:
    return broken("step-kinds", world(TOPOLOGY, TOPOLOGY, step(name, *edits, **(FINE | fields))))


def test_a_step_is_of_its_kind() -> None:
    assert wrong("inventory/system") == []


def test_its_kind_is_known() -> None:
    assert wrong("inventery/system", kind="inventery") == ["inventery/system"]


def test_it_is_called_after_its_kind() -> None:
    assert wrong("something/system") == ["something/system"]


def test_it_is_about_something() -> None:
    assert wrong("scale-to-zero", kind="scale-to-zero", phase="contract") == ["scale-to-zero"]


def test_its_phase_is_that_of_its_kind() -> None:
    assert wrong("inventory/system", phase="contract") == ["inventory/system"]


def test_it_changes_what_its_kind_changes() -> None:
    assert wrong("inventory/system", set_fields("service:web", replicas=9)) == ["inventory/system"]
