"""Create a namespace."""

from __future__ import annotations

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import put
from novaplan.migration.gates import EXIT
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import rendered, sh, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 40


def propose(draft: Draft) -> None:
    """One for each that target has and current has not."""
    for space in draft.target.namespaces:
        own = address("namespace", space.name)
        if own in draft.state.parts:
            continue
        draft.add(
            space.name,
            title=f"Create the namespace {space.name}" + (f" ({space.description})" if space.description else ""),
            stages=[[put(own, space)]],
            touches=[],
            actions=[
                *rendered("Create it"),
                Action("Give it the limits, quotas and pull secrets of the namespaces there are", tool="person"),
            ],
            gates=[
                Gate(
                    "It is active",
                    "kubectl",
                    sh("kubectl", "wait", "--for=jsonpath={.status.phase}=Active", f"namespace/{space.name}"),
                    EXIT,
                )
            ],
            rollback=undo("Take it away while it is empty"),
            undone_until="something runs in it",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says what is there."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds a namespace."""
    return only(step, "namespace") or no_removal(step, "namespace")
