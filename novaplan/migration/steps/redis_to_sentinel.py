"""Make a standalone Redis highly available: replicas, Sentinels that watch them, clients that ask the Sentinels."""

from __future__ import annotations

from novaplan.migration.allowing import only
from novaplan.migration.draft import Draft
from novaplan.migration.promotion import Promotion
from novaplan.migration.step import Step
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore, Sentinel, Standalone
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 100


def propose(draft: Draft) -> None:
    """One for each server that stays, standalone in current and with Sentinels in target."""
    for store in draft.target.datastores:
        own = address("datastore", store.name)
        there, wanted = draft.state.part(own, Datastore), store.deployment
        if there is None or not isinstance(there.deployment, Standalone) or not isinstance(wanted, Sentinel):
            continue
        clients = sorted({edge.client for edge in draft.state.edges_to(store.name)})
        way = Promotion(there, store, wanted, clients)
        draft.ready[store.name] = draft.add(
            store.name,
            title=f"Make {store.name} highly available: {wanted.members} members watched by {wanted.sentinels}"
            " Sentinels",
            stages=[draft.towards(own, leave=("connections", "startup_tier"))],
            units={"members": wanted.members, "clients": len(clients)},
            after=[draft.ready[store.name]] if store.name in draft.ready else (),
            touches=[store.name, *clients],
            preconditions=way.preconditions(),
            actions=way.actions(),
            gates=way.gates(draft.rollout.weight_bake),
            rollback=way.back(),
            undone_until="the old server is removed: until then it follows the new master",
            risk="medium",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who connects."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes one server."""
    return only(step, "datastore")
