"""Give a server the limits it keeps, now that the old clients are gone."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields
from novaplan.migration.draft import Draft
from novaplan.migration.edits import set_fields
from novaplan.migration.gates import YES
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import rendered, undo
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, kind_of

PHASE, ORDER = "contract", 330


def propose(draft: Draft) -> None:
    """One for each server whose limits were widened for the way."""
    for store in draft.target.datastores:
        own = address("datastore", store.name)
        there = draft.state.part(own, Datastore)
        if there is None or there.connections == store.connections:
            continue
        draft.add(
            store.name,
            title=f"Give {store.name} the limits of connections that it keeps",
            stages=[[set_fields(own, connections=store.connections)]],
            after=[step.id for step in draft.steps if _reconnects(step, store.name)],
            touches=[store.name],
            actions=rendered(),
            gates=[Gate("No connection is refused", "person", "Is no connection refused?", YES, 600_000)],
            rollback=undo(),
            undone_until="always",
        )


def _reconnects(step: Step, server: str) -> bool:
    """Whether it changes who is connected."""
    return any(kind_of(edit.address) == "dependency" and f"->{server}/" in f"{edit.address}/" for edit in step.edits)


def allowed(step: Step, world: World) -> str:
    """It changes the limits of a server."""
    return only(step, "datastore") or only_fields(step, "datastore", "connections")
