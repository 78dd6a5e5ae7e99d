"""Make a standalone Redis highly available: replicas, Sentinels that watch them, clients that ask the Sentinels."""

from __future__ import annotations

from novaplan.migration.allowing import only
from novaplan.migration.draft import Draft
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, rendered, sh
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
        port = store.port or 6379
        draft.ready[store.name] = draft.add(
            store.name,
            title=f"Make {store.name} highly available: {wanted.members} members watched by {wanted.sentinels}"
            " Sentinels",
            stages=[draft.towards(own, leave=("connections", "startup_tier"))],
            units={"members": wanted.members, "clients": len(clients)},
            after=[draft.ready[store.name]] if store.name in draft.ready else (),
            touches=[store.name, *clients],
            preconditions=(
                "the client libraries can ask Sentinels for the master, or a name always leads to it",
                "the server holds what it has in memory with room for a fork"
                f" ({there.memory.eviction or 'noeviction'} until now,"
                f" {store.memory.eviction or 'noeviction'} from now on)",
            ),
            actions=_actions(store, wanted, port),
            gates=_gates(store, wanted, port),
            rollback=[
                Action(
                    "Make the old server the master again",
                    "\n".join(
                        [
                            sh("redis-cli", "-h", store.name, "-p", port, "REPLICAOF", "NO", "ONE"),
                            sh("redis-cli", "-h", f"{store.name}-0", "-p", port, "REPLICAOF", store.name, port),
                        ]
                    ),
                    "redis-cli",
                ),
                Action(
                    "Lead the clients back to it, then stop the Sentinels",
                    sh("redis-cli", "-h", f"{store.name}-0", "-p", 26379, "SENTINEL", "REMOVE", store.name),
                    "redis-cli",
                ),
            ],
            undone_until="the old server is removed: until then it follows the new master",
            risk="medium",
        )


def _actions(store: Datastore, wanted: Sentinel, port: int) -> list[Action]:
    name = store.name
    return [
        *rendered("Start the new members; all of them follow the old server"),
        Action(
            "Let them follow",
            "\n".join(
                sh("redis-cli", "-h", f"{name}-{index}", "-p", port, "REPLICAOF", name, port)
                for index in range(wanted.members)
            ),
            "redis-cli",
        ),
        Action(
            "Switch the clients to ask the Sentinels for the master, one service at a time; the master is the old"
            " server still",
            tool="person",
        ),
        Action(
            "Stop writes for a moment and wait until the offsets are alike, then promote",
            "\n".join(
                [
                    sh("redis-cli", "-h", name, "-p", port, "CLIENT", "PAUSE", 10_000, "WRITE"),
                    sh("redis-cli", "-h", f"{name}-0", "-p", port, "REPLICAOF", "NO", "ONE"),
                    sh("redis-cli", "-h", name, "-p", port, "REPLICAOF", f"{name}-0", port),
                ]
            ),
            "redis-cli",
        ),
        Action(
            "Let the Sentinels watch the new master",
            "\n".join(
                sh(
                    "redis-cli",
                    "-h",
                    f"{name}-{index}",
                    "-p",
                    26379,
                    "SENTINEL",
                    "MONITOR",
                    name,
                    f"{name}-0",
                    port,
                    wanted.quorum,
                )
                for index in range(wanted.sentinels)
            ),
            "redis-cli",
        ),
        Action(
            "Fail over once on purpose, to see that it works while everybody watches",
            sh("redis-cli", "-h", f"{name}-0", "-p", 26379, "SENTINEL", "FAILOVER", name),
            "redis-cli",
        ),
    ]


def _gates(store: Datastore, wanted: Sentinel, port: int) -> list[Gate]:
    return [
        Gate(
            "Every replica follows",
            "redis-cli",
            sh("redis-cli", "-h", store.name, "-p", port, "INFO", "replication"),
            f"connected_slaves:{wanted.members - 1}",
        ),
        Gate(
            "The Sentinels can agree",
            "redis-cli",
            sh("redis-cli", "-h", f"{store.name}-0", "-p", 26379, "SENTINEL", "CKQUORUM", store.name),
            "OK",
        ),
        Gate(
            "All members are ready",
            "kubectl",
            kubectl(store.namespace, "rollout", "status", f"statefulset/{store.name}", "--timeout=10m"),
            "exit status 0",
        ),
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who connects."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes one server."""
    return only(step, "datastore")
