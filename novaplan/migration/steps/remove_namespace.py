"""Delete a namespace that nothing is left in."""

from __future__ import annotations

from novaplan.migration.allowing import only_removes
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.gates import EXIT
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import rendered, sh, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address

PHASE, ORDER = "contract", 410


def propose(draft: Draft) -> None:
    """One for each that current has and target has not."""
    for space in draft.current.namespaces:
        own = address("namespace", space.name)
        if own in draft.goal or own not in draft.state.parts:
            continue
        draft.add(
            space.name,
            title=f"Delete the namespace {space.name}; nothing is left in it",
            stages=[[remove(own)]],
            touches=[],
            preconditions=("nothing is in it: old names that still answer live elsewhere, or are dropped",),
            actions=[
                Action(
                    "Look what is in it", sh("kubectl", "-n", space.name, "get", "all,secret,configmap,pvc,ingress")
                ),
                *rendered("Delete it; as long as a claim is left in it, the script refuses and names the claim"),
            ],
            gates=[
                Gate(
                    "It is gone",
                    "kubectl",
                    sh("kubectl", "wait", "--for=delete", f"namespace/{space.name}", "--timeout=10m"),
                    EXIT,
                )
            ],
            rollback=undo("Create it again, empty as it was"),
            undone_until="always",
        )


def allowed(step: Step, world: World) -> str:
    """It removes namespaces."""
    return only_removes(step, "namespace")
