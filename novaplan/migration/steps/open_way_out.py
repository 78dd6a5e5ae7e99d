"""Open the way to something outside that is used from now on: an account, credentials, a rule of the firewall."""

from __future__ import annotations

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import put
from novaplan.migration.gates import YES
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed
from novaplan.migration.world import World
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 44


def propose(draft: Draft) -> None:
    """One for each external that target has and current has not."""
    for external in draft.target.externals:
        own = address("external", external.name)
        if own in draft.state.parts:
            continue
        users = sorted({edge.client for edge in draft.goal_edges(external.name)})
        draft.add(
            external.name,
            title=f"Open the way to {external.name}" + (f" ({external.description})" if external.description else ""),
            stages=[[put(own, external)]],
            touches=[external.name],
            actions=[
                Action(
                    f"Make an account and credentials for {listed(users) or 'those who will use it'}", tool="person"
                ),
                Action(f"Let the cluster reach {listed(external.addresses) or external.name}", tool="person"),
            ],
            gates=[
                Gate(
                    "It answers",
                    "person",
                    f"Does a test call to {external.name} from a pod of the cluster succeed?",
                    YES,
                )
            ],
            rollback=[Action("Close it again", tool="person")],
            undone_until="something uses it",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says what is used."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds an external."""
    return only(step, "external") or no_removal(step, "external")
