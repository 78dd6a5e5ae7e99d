"""Set up a new server beside those in use; nobody uses it yet."""

from __future__ import annotations

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import put
from novaplan.migration.room import for_both
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, listed, rendered
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, Managed
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 50


def propose(draft: Draft) -> None:
    """One for each that target has and current has not."""
    for store in draft.target.datastores:
        own = address("datastore", store.name)
        if own in draft.state.parts:
            continue
        goal = draft.goal[own]
        assert isinstance(goal, Datastore)
        edits = [put(own, replace(goal, connections=for_both(draft, goal))), *draft.connecting(store.name)]
        olds = draft.heritage.store_sources.get(store.name, ())
        managed = isinstance(store.deployment, Managed)
        draft.ready[store.name] = draft.add(
            store.name,
            title=f"Set up {store.name} ({store.kind}, {store.deployment.type})"
            + (f", which will hold what {listed(olds)} holds" if olds else ""),
            stages=[edits],
            units={"members": store.members},
            touches=[store.name, *olds],
            actions=[Action("Order it from the provider", tool="person")]
            if managed
            else rendered("Render it and apply it: nobody uses it yet"),
            gates=[
                Gate(
                    "All members are ready",
                    "kubectl",
                    kubectl(store.namespace, "rollout", "status", f"statefulset/{store.name}", "--timeout=15m"),
                    "exit status 0",
                )
            ],
            rollback=[
                Action(
                    "Take it away again; nothing is on it",
                    kubectl(store.namespace, "delete", "statefulset", store.name),
                )
            ],
            undone_until="data is moved onto it",
            risk="low",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says what it has to take."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds a server and what it depends on itself."""
    return only(step, "datastore", "dependency") or no_removal(step, "datastore", "dependency")
