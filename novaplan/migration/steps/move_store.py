"""Move what is left of a store to the one that takes over from it: topics, groups, indexes, caches; then clients."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put
from novaplan.migration.gates import YES
from novaplan.migration.heritage import with_server
from novaplan.migration.rewire import Rewire, names_of, renamed_hosts, reopened
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, rendered, sh, undo
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, LogicalDB
from novaplan.topology.parts import address, dependency_address, kind_of
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "migrate", 150


def propose(draft: Draft) -> None:
    """One for each store that has to give something to another one."""
    for store in draft.current.datastores:
        heirs = [name for name in draft.heritage.store_heirs(store.name) if name != store.name]
        edges = _edges(draft, store.name)
        parts = _parts(draft, store.name)
        if edges or parts or (heirs and store.name not in draft.target.datastore):
            _move(draft, store, heirs[0] if heirs else "", edges, parts)


def _edges(draft: Draft, store: str) -> list[tuple[Dependency, Dependency]]:
    """Edges that still lead to the store and lead elsewhere in target, with what they become."""
    came = defaultdict(list)
    for edge in draft.current.dependencies if store in draft.current.datastore else ():
        came[draft.place_of.get(dependency_address(edge), dependency_address(edge))].append(dependency_address(edge))
    found = []
    for now in draft.state.edges_to(store):
        for origin in came.get(dependency_address(now), ()):
            heirs = [
                heir
                for heir in draft.heritage.edges_of(origin)
                if heir.server != store and heir.server in draft.current.datastore | draft.target.datastore
            ]
            if heirs and address("datastore", heirs[0].server) in draft.state.parts:
                found.append(
                    (
                        now,
                        heirs[0]
                        if heirs[0].client == now.client and not draft.is_consumption(heirs[0])
                        else _led(draft, store, now, heirs[0]),
                    )
                )
                break
    return found


def _led(draft: Draft, store: str, now: Dependency, heir: Dependency) -> Dependency:
    """An old client keeps its group; its heir may have another."""
    if now.group is None:
        return with_server(now, replace(heir, group=None))
    group = draft.heritage.in_store("consumer-group", store, now.group)
    return with_server(now, replace(heir, group=group[1] if group else now.group))


def _parts(draft: Draft, store: str) -> list[Edit]:
    found = []
    for child in draft.state.inside(address("datastore", store)):
        for heir in draft.world.heirs.get(child, ()):
            part = draft.goal.get(heir)
            if (
                part is None
                or heir in draft.state.parts
                or kind_of(heir) not in ("topic", "consumer-group", "logical-db")
            ):
                continue
            if address("datastore", names_of(heir)[0]) not in draft.state.parts:
                continue
            if isinstance(part, LogicalDB):
                part = replace(
                    part, owners=tuple(sorted({old for owner in part.owners if (old := draft.owner_now(owner))}))
                )
            found.append(put(heir, part))
    return found


def _move(
    draft: Draft, store: Datastore, heir: str, edges: list[tuple[Dependency, Dependency]], parts: list[Edit]
) -> None:
    rewire = Rewire(draft)
    for now, new in edges:
        rewire.lead(now, new)
    clients = rewire.clients
    edits = rewire.edits() + (
        reopened(draft, address("datastore", store.name), address("datastore", heir)) if heir else []
    )
    for client in clients:
        left = [
            edge
            for edge in draft.state.edges_of(client)
            if edge.server == store.name and edge not in [now for now, _ in edges]
        ]
        there = {new.server for now, new in edges if now.client == client}
        if not left and len(there) == 1:
            edits += renamed_hosts(draft, [client], store.name, min(there))
    servers = sorted({heir, *(new.server for _, new in edges), *(names_of(edit.address)[0] for edit in parts)} - {""})
    made = {edit.address for edit in edits}
    stages = [stage for stage in ([edit for edit in parts if edit.address not in made], edits) if stage]
    if not stages:  # other steps have moved everything
        return
    step = draft.add(
        store.name,
        title=f"Lead {listed(clients) or 'whatever uses it'} from {store.name} to {listed(servers)}",
        stages=stages,
        units={"clients": len(clients), "topics": len(parts)},
        after=draft.before_moving(store.name, *servers),
        touches=[store.name, *servers, *clients],
        preconditions=("what is on the old side is on the new side too, or can be computed again",),
        actions=[*_copying(store, servers), *rendered(f"Give {listed(clients) or 'its users'} the new address")],
        gates=[
            Gate(
                "The old clients are gone",
                "person",
                f"Is nobody connected to {store.name} for this any more?",
                YES,
                draft.rollout.weight_bake,
            )
        ],
        rollback=undo("Give them the old address again; it has followed the new side"),
        undone_until="the old side no longer follows",
        risk="medium",
    )
    draft.moved([store.name, *servers], clients, step)


def _copying(store: Datastore, servers: list[str]) -> list[Action]:
    if store.kind == "kafka":
        return [
            Action(
                "Mirror topics and the offsets of groups, and wait until the mirror follows",
                sh("connect-mirror-maker.sh", "mirror.properties"),
                "kafka",
            ),
            Action("Move the consumers first, each group as a whole, then who publishes", tool="person"),
        ]
    return [
        Action(
            f"Copy what is worth keeping to {listed(servers)} by the means of {store.kind}, and keep it up to date",
            tool="person",
        )
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who connects."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds parts of stores and leads edges, secrets and addresses elsewhere."""
    return only(step, "dependency", "topic", "consumer-group", "logical-db", "secret-key", "env") or no_removal(
        step, "topic", "consumer-group", "logical-db"
    )
