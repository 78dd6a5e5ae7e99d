"""Let go of what nobody uses any more: something outside, an object beside the system."""

from __future__ import annotations

from novaplan.migration.allowing import only_removes
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.gates import YES
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of, label_of

PHASE, ORDER = "contract", 395


def propose(draft: Draft) -> None:
    """One for each that target lacks."""
    for own in sorted(draft.state.parts):
        if own in draft.goal or kind_of(own) not in ("external", "object"):
            continue
        name = label_of(own)
        draft.add(
            kind_of(own),
            *names_of(own),
            title=f"Let go of {name}",
            stages=[[remove(own)]],
            touches=[name] if kind_of(own) == "external" else [],
            actions=[
                Action(
                    f"Close the account and the way to {name}" if kind_of(own) == "external" else f"Delete {name}",
                    tool="person",
                )
            ],
            gates=[Gate("Nobody misses it", "person", f"Does nobody call {name} any more?", YES)],
            rollback=[Action("Open it again" if kind_of(own) == "external" else "Apply it again", tool="person")],
            undone_until="the account is closed" if kind_of(own) == "external" else "always",
        )


def allowed(step: Step, world: World) -> str:
    """It removes externals and objects."""
    return only_removes(step, "external", "object")
