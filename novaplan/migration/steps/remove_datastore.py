"""Take a server down for good, with what is on it. There is no way back."""

from __future__ import annotations

from collections.abc import Sequence

from novaplan.migration.allowing import only_removes, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.gates import YES
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, rendered
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore, Managed
from novaplan.topology.parts import address, dependency_address, kind_of

PHASE, ORDER = "contract", 400
_RENDERED = ("postgres", "redis")
"""Kinds whose servers novaplan renders; others run somewhere else."""


def propose(draft: Draft) -> None:
    """One for each that current has and target has not."""
    going = [store for store in draft.current.datastores if store.name not in draft.target.datastore]
    for store in going:
        own = address("datastore", store.name)
        edges = [*draft.state.edges_of(store.name), *draft.state.edges_to(store.name)]
        gone = [own, *draft.state.inside(own), *(dependency_address(edge) for edge in edges)]
        heirs = draft.heritage.store_heirs(store.name)
        draft.add(
            store.name,
            title=f"Take {store.name} down for good" + (f"; {listed(heirs)} has taken over" if heirs else ""),
            stages=[[remove(item) for item in dict.fromkeys(reversed(gone))]],
            # Behind it there is no way back, so whatever can still be undone is done, and seen to hold, before.
            after=[step.id for step in draft.steps if step.reversible],
            touches=[store.name],
            preconditions=(
                "the latest backup was restored on another machine and read",
                "its clients have used the new side for the whole bake time, and nobody is connected any more",
            ),
            actions=[*_unfollowed(store, heirs), *_actions(store)],
            gates=[
                Gate(
                    "Nobody misses it",
                    "person",
                    f"Does no log of a client complain of {store.name}?",
                    YES,
                    draft.rollout.bake,
                )
            ],
            rollback=[Action("Restore it from the backup; what was written since is lost", tool="person")],
            reversible=False,
            undone_until="it is done: a backup is the only way back",
            bake=draft.rollout.bake,
            risk="high",
        )


def _unfollowed(store: Datastore, heirs: Sequence[str]) -> list[Action]:
    """A server that is gone and still has a slot keeps the other one from throwing its log away."""
    if store.kind != "postgres" or not heirs:
        return []
    return [
        Action(
            f"Where it follows {listed(heirs)} for the way back: drop its subscriptions whose names end in _back, and"
            f" see in pg_replication_slots that {listed(heirs)} keeps no slot for it, or the log fills the disk there",
            tool="person",
        )
    ]


def _actions(store: Datastore) -> list[Action]:
    if store.kind not in _RENDERED or isinstance(store.deployment, Managed):
        return [
            Action("Stop it where it runs, and keep its disks", tool="person"),
            *rendered("Close the ways that led to it"),
            Action("When the wait below is over and nobody has missed it: delete its disks", tool="person"),
        ]
    return [
        *rendered("Delete what runs it; its claims stay, and with them its data. Where it has none, its data go now"),
        Action(
            "When the wait below is over and nobody has missed it: delete its claims by their names",
            "patches/{state}/apply.sh claims",
        ),
    ]


def allowed(step: Step, world: World) -> str:
    """It removes one server that ends, with its parts and edges, and says that there is no way back."""
    name = subject(step)[0]
    if step.reversible or name in world.target.datastore:
        return f"{name} stays, or {step.kind} has no way back and does not say so"
    others = [
        edit.address
        for edit in step.edits
        if kind_of(edit.address) == "datastore" and edit.address != address("datastore", name)
    ]
    kinds = ("datastore", "database", "schema", "logical-db", "topic", "consumer-group", "dependency")
    return f"{step.kind} removes {name} alone" if others else only_removes(step, *kinds)
