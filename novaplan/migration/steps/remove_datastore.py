"""Take a server down for good, with what is on it. There is no way back."""

from __future__ import annotations

from novaplan.migration.allowing import nothing, only_removes, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, listed, rendered
from novaplan.migration.world import World
from novaplan.quantity import format_milliseconds
from novaplan.topology.datastore import Datastore, Managed
from novaplan.topology.parts import address, dependency_address, kind_of

PHASE, ORDER = "contract", 400
_RENDERED = ("postgres", "redis")
"""Kinds whose servers novaplan renders as StatefulSets; others are stopped by whoever runs them."""


def propose(draft: Draft) -> None:
    """One for each that current has and target has not."""
    going = [store for store in draft.current.datastores if store.name not in draft.target.datastore]
    for store in going:
        own = address("datastore", store.name)
        edges = [*draft.state.edges_of(store.name), *draft.state.edges_to(store.name)]
        gone = [own, *draft.state.inside(own), *(dependency_address(edge) for edge in edges)]
        heirs = draft.heritage.store_heirs(store.name)
        stop = _stop(draft, store)
        draft.add(
            store.name,
            title=f"Take {store.name} down for good" + (f"; {listed(heirs)} has taken over" if heirs else ""),
            stages=[[remove(item) for item in dict.fromkeys(reversed(gone))]],
            after=[stop],
            touches=[store.name],
            preconditions=("the latest backup was restored on another machine and read",),
            actions=[
                *rendered("Delete what ran it"),
                Action("Delete its claims by their names, with the data", "patches/{state}/apply.sh claims"),
            ],
            gates=[
                Gate(
                    "No claim of it is left",
                    "kubectl",
                    kubectl(store.namespace, "get", "persistentvolumeclaims"),
                    f"none of {store.name}",
                )
            ],
            rollback=[Action("Restore it from the backup; what was written since is lost", tool="person")],
            reversible=False,
            undone_until="it is done: a backup is the only way back",
            risk="high",
        )


def _stop(draft: Draft, store: Datastore) -> str:
    """A step of its own, so that what still needs the server shows while it can be started again."""
    runs = store.kind in _RENDERED and not isinstance(store.deployment, Managed)
    members = getattr(store.deployment, "members", 1)
    scale = ("scale", "statefulset", store.name)
    return draft.add(
        store.name,
        "stop",
        title=f"Stop {store.name}, and leave it so for {format_milliseconds(draft.rollout.bake)}",
        establishes=(f"stopped/{store.name}",),
        touches=[store.name],
        preconditions=("its clients have used the new side for the whole bake time",),
        actions=[
            Action(
                "Stop it; its disks stay",
                kubectl(store.namespace, *scale, "--replicas=0") if runs else "",
                "kubectl" if runs else "person",
            )
        ],
        gates=[
            Gate(
                f"Nobody misses it: no log complains of {store.name}",
                "person",
                f"errors of clients that name {store.name}",
                "== 0",
                draft.rollout.bake,
            )
        ],
        rollback=[
            Action(
                "Start it again",
                kubectl(store.namespace, *scale, f"--replicas={members}") if runs else "",
                "kubectl" if runs else "person",
            )
        ],
        undone_until="its data are deleted",
        bake=draft.rollout.bake,
        risk="medium",
    )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """It has stood still for a while."""
    name, *stop = subject(step)
    return () if stop else (f"stopped/{name}",)


def allowed(step: Step, world: World) -> str:
    """It removes one server that ends, with its parts and edges, and says that there is no way back."""
    name, *stop = subject(step)
    if stop:
        return nothing(step)
    if step.reversible or name in world.target.datastore:
        return f"{name} stays, or {step.kind} has no way back and does not say so"
    others = [
        edit.address
        for edit in step.edits
        if kind_of(edit.address) == "datastore" and edit.address != address("datastore", name)
    ]
    kinds = ("datastore", "database", "schema", "logical-db", "topic", "consumer-group", "dependency")
    return f"{step.kind} removes {name} alone" if others else only_removes(step, *kinds)
