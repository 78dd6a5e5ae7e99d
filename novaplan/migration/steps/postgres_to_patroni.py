"""Make a standalone PostgreSQL highly available: new members with Patroni copy it and follow it, then one of them
leads and the old server follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from novaplan.migration.allowing import only
from novaplan.migration.draft import Draft
from novaplan.migration.home import Home
from novaplan.migration.postgres import (
    PORT,
    REPLICATOR,
    Server,
    await_until,
    key_of,
    let_talk,
    link,
    made_role,
    must,
    server_of,
    stop_talk,
)
from novaplan.migration.step import LATER, Action, Gate, Step
from novaplan.migration.texts import SETTINGS, followed, listed, removed, sql_text, started, undo
from novaplan.migration.world import World
from novaplan.quantity import format_milliseconds
from novaplan.topology.datastore import Datastore, Patroni, Standalone
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 90


def propose(draft: Draft) -> None:
    """One for each server that stays, standalone in current and with Patroni in target."""
    for store in draft.target.datastores:
        own = address("datastore", store.name)
        there, wanted = draft.state.part(own, Datastore), store.deployment
        if there is None or not isinstance(there.deployment, Standalone) or not isinstance(wanted, Patroni):
            continue
        clients = sorted({edge.client for edge in draft.state.edges_to(store.name)})
        old, new = server_of(there), server_of(store)
        draft.ready[store.name] = draft.add(
            store.name,
            title=f"Make {store.name} highly available: {wanted.members} members with Patroni, the old server as the"
            " first primary",
            stages=[draft.towards(own, leave=("connections", "startup_tier"))],
            units={"members": wanted.members, "clients": len(clients)},
            after=[draft.ready[store.name]] if store.name in draft.ready else (),
            touches=[store.name, *clients],
            preconditions=_before(wanted, old, new, Home(draft.world).namespace),
            actions=[
                *_prepare(old, new, wanted),
                *_standbys(old, new),
                *_turn(old, new),
                _collations(new),
                *_lead(clients, followed("Lead the clients to the new members: writes go on. The old server stays")),
                *removed(f"{LATER}: remove the old server"),
                _forget(old, new),
            ],
            gates=_gates(draft, old, new, wanted),
            rollback=_back(old, new, clients),
            undone_until="the old server is deleted: until then it follows the leader and can be made primary again",
            risk="high",
        )


def _before(wanted: Patroni, old: Server, new: Server, home: str | None) -> tuple[str, ...]:
    lost = ": they do, so a failover loses none" if wanted.synchronous else "; they do not, so a failover may lose some"
    same = f"{new.name} gets a namespace of its own: in one namespace its members have the names of the old server"
    return (
        "a backup was restored on another machine and read",
        "old and new are of one major version of PostgreSQL",
        f"it is agreed whether commits wait for a standby{lost}",
        f"the Secret {new.secret} is there: the roles' passwords as they are, new ones for {REPLICATOR} and rewind",
        *((same,) if (old.namespace or home) == (new.namespace or home) else ()),
    )


def _slot(server: Server, what: str) -> str:
    """A slot: ``standby`` is what the renderer calls that of the new members, ``before`` that of the old server."""
    return f"{server.name.replace('-', '_')}_{what}"


def _standby(server: Server) -> Server:
    return replace(server, role="Standby Leader")


def _prepare(old: Server, new: Server, wanted: Patroni) -> list[Action]:
    room = (
        "current_setting('wal_level') <> 'minimal' AND current_setting('max_wal_senders')::int -"
        f" (SELECT count(*) FROM pg_stat_replication) > {wanted.members} AND"
        " current_setting('max_replication_slots')::int > (SELECT count(*) FROM pg_replication_slots)"
    )
    slot = sql_text(_slot(old, "standby"))
    line = f"host replication {REPLICATOR} all scram-sha-256"
    hba = f'grep -qxF "{line}" "$PGDATA/pg_hba.conf" || echo "{line}" >>"$PGDATA/pg_hba.conf"'
    known = "SELECT FROM pg_roles WHERE rolname = 'postgres'"
    leads = [f"SELECT 'CREATE ROLE postgres LOGIN SUPERUSER' WHERE NOT EXISTS ({known}) \\gexec"]
    missing = f"SELECT FROM pg_replication_slots WHERE slot_name = {slot}"
    made = f"SELECT pg_create_physical_replication_slot({slot}, true) WHERE NOT EXISTS ({missing})"
    return [
        Action(
            "See that the old server can be followed: this fails where it cannot",
            old.psql("postgres", must(room, "set wal_level = replica, more max_wal_senders and slots, and restart")),
            "sql",
        ),
        Action("Let the servers of both sides reach each other", let_talk(old, new)),
        Action(
            f"Make the role with which the new members log in; its password is in the Secret {new.secret}",
            old.script(
                "postgres",
                *made_role(REPLICATOR, "LOGIN REPLICATION"),
                *(leads if old.superuser != "postgres" else ()),
                secret=key_of(new.namespace, new.secret, REPLICATOR),
            ),
            "sql",
        ),
        Action(
            "Let that role in, and keep the log that the new members still need",
            f"{old.run('sh', '-c', hba)}\n{old.psql('postgres', 'SELECT pg_reload_conf()', made)}",
            "sql",
        ),
    ]


def _standbys(old: Server, new: Server) -> list[Action]:
    (start,) = started(new.name, "")
    follow = (
        f"SELECT count(*) > 0 AND bool_and(replay_lsn >= goal) FROM pg_stat_replication WHERE usename = '{REPLICATOR}'"
    )
    return [
        Action(
            "Start the new members as standbys of the old server: the first copies it, the others copy the first."
            " Nobody uses them yet",
            f"from={old.host}\n" + start.command.replace(SETTINGS, f'{SETTINGS} --set "standby_of.{new.name}=$from"'),
            "novaplan",
        ),
        Action(
            "Wait until they run and follow: the copy takes as long as the data are large",
            f"{new.kubectl('rollout', 'status', f'statefulset/{new.name}', '--timeout=6h')}\n"
            f"{_standby(new).until_led()}\n"
            f"{old.psql('postgres', await_until(follow, 'the new members do not follow', 3600))}",
            "sql",
        ),
    ]


def _turn(old: Server, new: Server) -> list[Action]:
    """The old server stops in order, which hands over the last of its log, and comes back as a standby; then the new
    members are promoted."""
    before = _slot(old, "before")
    stop = old.run("sh", "-c", 'touch "$PGDATA/standby.signal" && kill -INT 1')
    lead = ("edit-config", "--force", "-s", "standby_cluster=null", "-s", f"slots.{before}.type=physical")
    return [
        Action(
            "Tell the old server whom to follow from its next start on; until then nothing changes",
            old.script(
                "postgres",
                f"SELECT format('ALTER SYSTEM SET primary_conninfo = %L', {link(REPLICATOR, new.port)}) \\gexec",
                f"ALTER SYSTEM SET primary_slot_name = {sql_text(before)};",
                secret=key_of(new.namespace, new.secret, REPLICATOR),
                host=new.host,
            ),
            "sql",
        ),
        Action(
            "Stop writes: the old server stops, hands over the last of its log, and starts again as a standby. Nobody"
            " writes from here until the clients are led over",
            f"{stop}\nuntil {old.plain_psql('postgres', 'SELECT pg_is_in_recovery()')} | grep -qx t; do sleep 1; done",
            "shell",
        ),
        Action("Wait until the new members have all of it", _same_place(old, new), "sql"),
        Action(
            "Make the new members a cluster of their own, with a slot for the old server, and wait until one leads",
            f"{new.patronictl(*lead)}\n{new.until_led()}",
        ),
        Action(
            "Drop the slot that nobody uses any more, or the log fills the disk",
            old.psql("postgres", f"SELECT pg_drop_replication_slot({sql_text(_slot(old, 'standby'))})"),
            "sql",
        ),
    ]


def _forget(old: Server, new: Server) -> Action:
    slot = new.patronictl("edit-config", "--force", "-s", f"slots.{_slot(old, 'before')}=null")
    return Action("Once it is removed: drop its slot, or the log fills the disk", f"{slot}\n{stop_talk(old, new)}")


def _same_place(old: Server, new: Server) -> str:
    """Waits until both, as standbys, have replayed the same log."""
    leader = _standby(new)
    asked = [server.plain_psql("postgres", "SELECT pg_last_wal_replay_lsn()") for server in (old, leader)]
    return f'{leader.before}until [ "$({asked[0]})" = "$({asked[1]})" ]; do sleep 1; done'


def _collations(new: Server) -> Action:
    """A copy of files keeps its indexes in the order that the old system's libc gives texts."""
    differs = "datallowconn AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)"
    lines = (
        r"""E'\\connect -reuse-previous=on "dbname=''%s''"\nREINDEX DATABASE %I;\n"""
        r"""ALTER DATABASE %I REFRESH COLLATION VERSION;'"""
    )
    escaped = r"""replace(replace(datname, E'\\', E'\\\\'), '''', E'\\''')"""
    query = f"SELECT format({lines}, {escaped}, datname, datname) FROM pg_database WHERE {differs}"
    return Action(
        "Sort indexes anew where the new system orders texts in another way than the old one; else this does nothing",
        f"{new.before}{new.plain_psql('postgres', query)} | {new.plain_psql('postgres')}",
        "sql",
    )


def _lead(clients: Sequence[str], how: Sequence[Action]) -> list[Action]:
    whom = listed(clients)
    secrets = Action(f"Put the address into the Secrets that hold one for {whom}", tool="person")
    again = Action(f"Restart those of {whom} that read a Secret which has changed", tool="person")
    return [secrets, *how, again] if clients else list(how)


def _gates(draft: Draft, old: Server, new: Server, wanted: Patroni) -> list[Gate]:
    lag = draft.rollout.replication_lag
    members = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    behind = "SELECT coalesce(max(extract(epoch FROM replay_lag)) * 1000, 0)::bigint FROM pg_stat_replication"
    unused = "SELECT count(*) FROM pg_replication_slots WHERE NOT active"
    follow = "The other members and the old server follow the leader"
    limit, bake = format_milliseconds(lag), draft.rollout.weight_bake
    standby = old.psql("postgres", "SELECT pg_is_in_recovery()::int")
    return [
        Gate(follow, "sql", new.psql("postgres", members), f"== {wanted.members}"),
        Gate(f"Nobody lags by more than {limit}", "sql", new.psql("postgres", behind), f"<= {lag}", bake),
        Gate("Every slot is in use", "sql", new.psql("postgres", unused), "== 0"),
        Gate("The old server takes no writes", "sql", standby, "== 1"),
    ]


def _back(old: Server, new: Server, clients: Sequence[str]) -> list[Action]:
    slot = _slot(old, "standby")
    settings = (f"standby_cluster.port={PORT}", f"standby_cluster.primary_slot_name={slot}")
    pairs = [word for item in settings for word in ("-s", item)]
    follow = f'{new.patronictl("edit-config", "--force", *pairs)} -s "standby_cluster.host=$from"'
    drop = old.psql("postgres", f"SELECT pg_drop_replication_slot({sql_text(slot)})")
    return [
        Action(
            "Keep the log that the new members will need",
            old.psql("postgres", f"SELECT pg_create_physical_replication_slot({sql_text(slot)}, true)"),
            "sql",
        ),
        Action(
            "Stop writes: the new members become standbys of the old server, and hand over the last of their log",
            f"from={old.host}\n{follow}\n{_standby(new).until_led()}",
        ),
        Action("Wait until the old server has all of it", _same_place(old, new), "sql"),
        Action("Make the old server primary again", old.psql("postgres", "SELECT pg_promote()"), "sql"),
        *_lead(clients, undo("Lead the clients back: writes go on. This takes the new members away, not their claims")),
        Action("Keep no log for them", f"{drop}\n{stop_talk(old, new)}", "sql"),
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who connects."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes one server."""
    return only(step, "datastore")
