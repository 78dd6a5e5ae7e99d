"""Make a standalone PostgreSQL highly available: standbys by base backup, Patroni around them, one switchover."""

from __future__ import annotations

from novaplan.migration.allowing import only
from novaplan.migration.draft import Draft
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import followed, kubectl, psql, removed, sh, started
from novaplan.migration.world import World
from novaplan.quantity import format_milliseconds
from novaplan.topology.datastore import Datastore, Patroni, Standalone
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 90


def propose(draft: Draft) -> None:
    """One for each server that stays, standalone in current and with Patroni in target."""
    for store in draft.target.datastores:
        own = address("datastore", store.name)
        there = draft.state.part(own, Datastore)
        wanted = store.deployment
        if there is None or not isinstance(there.deployment, Standalone) or not isinstance(wanted, Patroni):
            continue
        clients = sorted({edge.client for edge in draft.state.edges_to(store.name)})
        draft.ready[store.name] = draft.add(
            store.name,
            title=f"Make {store.name} highly available: {wanted.members} members with Patroni, the old server as the"
            " first primary",
            stages=[draft.towards(own, leave=("connections", "startup_tier"))],
            units={"members": wanted.members, "clients": len(clients)},
            after=[draft.ready[store.name]] if store.name in draft.ready else (),
            touches=[store.name, *clients],
            preconditions=(
                "a backup was restored on another machine and read",
                f"the old server allows replication: wal_level replica, max_wal_senders at least {wanted.members + 1}",
                "max_connections of every standby is at least that of the primary"
                f" ({store.connections.max or 'its default'})",
                "it is agreed whether commits wait for a standby"
                + (
                    ": they do, so a failover loses none"
                    if wanted.synchronous
                    else "; they do not, so a failover may lose the last ones"
                ),
            ),
            actions=_actions(store, wanted, there.namespace),
            gates=_gates(draft, store, wanted),
            rollback=_back(store, wanted, there.namespace),
            undone_until="the old server is removed: until then it follows the new primary and can be switched back to",
            risk="high",
        )


def _actions(store: Datastore, wanted: Patroni, old_space: str | None) -> list[Action]:
    name, last = store.name, f"{store.name}-{wanted.members - 1}"
    etcd = (
        f"Start {wanted.etcd.members} members of etcd, which hold the leader's lease"
        if wanted.etcd
        else "The Kubernetes API holds the leader's lease"
    )
    slots = (
        [
            Action(
                "Make a replication slot for each standby, so that no write-ahead log it needs is removed",
                psql(
                    name,
                    "postgres",
                    *(
                        f"SELECT pg_create_physical_replication_slot('{slot_of(name, index)}')"
                        for index in range(wanted.members)
                    ),
                ),
                "sql",
            ),
        ]
        if wanted.slots
        else []
    )
    return [
        Action(etcd, tool="person"),
        Action("Let the standbys log in: a role for replication, and a line for it in pg_hba.conf", tool="person"),
        *slots,
        Action(
            "Take a base backup for each standby; -R makes it follow the old server",
            sh(
                "pg_basebackup",
                "-h",
                name,
                "-U",
                "replicator",
                "-D",
                "/var/lib/postgresql/data",
                "-X",
                "stream",
                "-P",
                "-R",
            ),
            "shell",
        ),
        *started(store.name, "Start Patroni on the standbys, as a standby cluster of the old server"),
        Action(
            "Stop writes: let running transactions end, then fence the clients (the pooler's PAUSE, or no new"
            " connections)",
            tool="person",
        ),
        Action(
            "Make the cluster a primary one, once it has replayed everything",
            kubectl(
                store.namespace,
                "exec",
                f"{name}-0",
                "--",
                "patronictl",
                "edit-config",
                "--force",
                "-s",
                "standby_cluster=null",
            ),
            "kubectl",
        ),
        Action(
            f"Lead the name {name} of namespace {old_space or 'default'} to the leader, and let the writes on",
            tool="person",
        ),
        *followed("Tell everybody where the leader is; nothing is deleted yet, and both servers may still be reached"),
        Action(
            "Switch over once more on purpose, to see that it works while everybody watches",
            kubectl(
                store.namespace, "exec", f"{name}-0", "--", "patronictl", "switchover", "--candidate", last, "--force"
            ),
            "kubectl",
        ),
        *removed("Only once the way back is given up, and not before every gate has held: remove the old server"),
    ]


def slot_of(name: str, index: int) -> str:
    """The name of a member's slot, as Patroni makes it: lower case, underscores for what no slot's name may hold."""
    return "".join(letter if letter.isalnum() else "_" for letter in f"{name}_{index}".lower())


def _gates(draft: Draft, store: Datastore, wanted: Patroni) -> list[Gate]:
    lag = draft.rollout.replication_lag
    return [
        Gate(
            "One leader, everybody else follows",
            "kubectl",
            kubectl(store.namespace, "exec", f"{store.name}-0", "--", "patronictl", "list", "-f", "json"),
            f"1 Leader, {wanted.members - 1} streaming",
        ),
        Gate(
            f"No standby lags by more than {format_milliseconds(lag)}",
            "sql",
            psql(
                store.name,
                "postgres",
                "SELECT coalesce(max(extract(epoch FROM replay_lag)), 0) * 1000 FROM pg_stat_replication",
            ),
            f"<= {lag}",
            draft.rollout.weight_bake,
        ),
        Gate(
            "Every slot is in use",
            "sql",
            psql(store.name, "postgres", "SELECT count(*) FROM pg_replication_slots WHERE NOT active"),
            "== 0",
        ),
    ]


def _back(store: Datastore, wanted: Patroni, old_space: str | None) -> list[Action]:
    name = store.name
    return [
        Action(
            "Stop Patroni from promoting anybody",
            kubectl(store.namespace, "exec", f"{name}-0", "--", "patronictl", "pause", "--wait"),
            "kubectl",
        ),
        Action(
            "Fence the clients, and wait until the old server, which follows the leader, has replayed everything",
            psql(name, "postgres", "SELECT pg_current_wal_flush_lsn()"),
            "sql",
        ),
        Action(
            "Promote the old server and lead the name back to it", psql(name, "postgres", "SELECT pg_promote()"), "sql"
        ),
        Action(
            "Drop the slots of the standbys, or the log fills the disk",
            psql(
                name,
                "postgres",
                *(f"SELECT pg_drop_replication_slot('{slot_of(name, index)}')" for index in range(wanted.members)),
            ),
            "sql",
        ),
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who connects."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes one server."""
    return only(step, "datastore")
