"""Make room for the connections of old and new side by side: a higher limit, a pooler, or smaller pools in it."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields
from novaplan.migration.draft import Draft
from novaplan.migration.edits import set_fields
from novaplan.migration.gates import YES
from novaplan.migration.postgres import server_of
from novaplan.migration.room import for_both
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import rendered, undo
from novaplan.migration.world import World
from novaplan.topology.datastore import Connections, Datastore, Standalone
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 80


def propose(draft: Draft) -> None:
    """One for each server that stays and whose limits are not those it needs on the way."""
    for store in draft.target.datastores:
        own = address("datastore", store.name)
        there, goal = draft.state.part(own, Datastore), draft.goal[own]
        if there is None or store.name in draft.ready or not isinstance(goal, Datastore):
            continue
        wanted = for_both(draft, goal)
        if wanted == there.connections:
            continue
        draft.ready[store.name] = draft.add(
            store.name,
            title=f"Make room on {store.name} for old and new clients together: {_said(there.connections, wanted)}",
            stages=[[set_fields(own, connections=wanted)]],
            touches=[store.name, *sorted({edge.client for edge in draft.state.edges_to(store.name)})],
            actions=[*_kept(there), *rendered(), *_told(there)],
            gates=_gates(there, wanted),
            rollback=undo(),
            undone_until="more clients use it than the old limit takes",
            risk="medium",
        )


def _kept(store: Datastore) -> list[Action]:
    """A rendered server alone gets its limit when it starts, so its pod is replaced."""
    if store.kind != "postgres" or not isinstance(store.deployment, Standalone):
        return []
    query = ("get", f"statefulset/{store.name}", "-o", "jsonpath={.spec.volumeClaimTemplates[*].metadata.name}")
    return [
        Action(
            "See that its data are on a claim, for its pod is replaced and it is away meanwhile: this fails where they"
            " are not, and then they would be gone",
            f"{server_of(store).kubectl(*query)} | grep -qw data",
        )
    ]


def _told(store: Datastore) -> list[Action]:
    if store.kind == "postgres" and isinstance(store.deployment, Standalone):
        return []
    return [Action("Restart the server where its limit changed; it takes effect only then", tool="person")]


def _said(old: Connections, new: Connections) -> str:
    words = []
    if new.max != old.max:
        words.append(f"{new.max or 'the default of'} connections" + (f" instead of {old.max}" if old.max else ""))
    if new.pooler is not None and new.pooler != old.pooler:
        words.append(f"a pooler with {new.pooler.instances} x {new.pooler.pool_size} for each role and database")
    return ", ".join(words) or "its limits as target has them"


def _gates(store: Datastore, wanted: Connections) -> list[Gate]:
    if store.kind == "postgres" and wanted.max is not None:
        return [
            Gate(
                "The limit is in force",
                "sql",
                server_of(store).psql("postgres", "SHOW max_connections"),
                f"== {wanted.max}",
            )
        ]
    return [Gate("Clients connect, and none is refused", "person", "Is no connection refused?", YES, 600_000)]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who connects."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes the limits of a server."""
    return only(step, "datastore") or only_fields(step, "datastore", "connections")
