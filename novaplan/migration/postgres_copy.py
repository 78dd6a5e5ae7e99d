"""How databases of PostgreSQL are copied while they are in use, and how writing is turned from one side to the other.

Logical replication: what is published on one side the other side subscribes to. Turning stops writes, waits until the
other side has everything, carries the sequences, and subscribes the other way round, so that it can be turned back. A
slot is made by itself, so that both databases may be on one server (CREATE SUBSCRIPTION, Notes, in PostgreSQL's
documentation). The tables are those of the publication.
"""

from __future__ import annotations

from dataclasses import dataclass

from novaplan.migration.postgres import (
    Server,
    await_until,
    key_of,
    let_talk,
    link,
    made_role,
    must,
    stop_talk,
    texts,
)
from novaplan.migration.step import LATER, Action, Gate
from novaplan.migration.texts import kubectl, sql_name, sql_text

COPIER = "novaplan_copy"
"""The role with which one side reads the other."""
_BACK = "_back"
_WRITING = ("SET default_transaction_read_only = off",)


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a copy."""

    server: Server
    database: str

    def psql(self, *statements: str) -> str:
        return self.server.psql(self.database, *statements)

    def bare(self, *statements: str) -> str:
        return self.server.plain_psql(self.database, *statements)


@dataclass(frozen=True, slots=True)
class Copying:
    """A copy of a database, or of some of its tables; ``name`` is that of publication, slot and subscription."""

    old: Side
    new: Side
    name: str
    tables_of: str = ""
    roles: tuple[str, ...] = ()
    """Of those whose tables move, where only some do."""

    @property
    def secret(self) -> str:
        """The Secret with the password of the role that copies."""
        return self.name.replace("_", "-").strip("-")

    @property
    def before(self) -> str:
        """What commands that need both sides need before them."""
        return "".join(dict.fromkeys((self.old.server.before, self.new.server.before)))


def prepared(copy: Copying) -> list[Action]:
    """What has to be there before anything is copied."""
    old, new = copy.old.server, copy.new.server
    make = ("create", "secret", "generic", copy.secret, "--from-file=password=/dev/stdin")
    password = key_of(new.namespace, copy.secret, "password")
    login = [*made_role(COPIER, "LOGIN REPLICATION"), f"GRANT pg_read_all_data TO {COPIER};"]
    return [
        *map(_logical, dict.fromkeys((old, new))),
        Action("Let the servers reach each other", let_talk(old, new)),
        Action("Make a password that nobody sees", f"openssl rand -hex 24 | {kubectl(new.namespace, *make)}", "shell"),
        *(
            Action(
                f"Make the role that copies, on {server.name}",
                server.script("postgres", *login, secret=password),
                "sql",
            )
            for server in dict.fromkeys((old, new))
        ),
    ]


def _logical(server: Server) -> Action:
    """A server alone is told, which restarts it in its pod; a rendered Patroni has it from the beginning."""
    if server.members is not None or server.managed:
        check = must("current_setting('wal_level') = 'logical'", "wal_level has to be logical")
        return Action(f"See that {server.name} writes the log that it needs", server.psql("postgres", check), "sql")
    shown = server.plain_psql("postgres", "SHOW wal_level")
    tell = server.plain_psql("postgres", "ALTER SYSTEM SET wal_level = logical")
    return Action(
        f"Let {server.name} write the log that logical replication needs; where it does not yet, this restarts it once",
        f'if [ "$({shown})" != logical ]; then\n{tell}\n{server.run("sh", "-c", "kill -INT 1")}\n'
        f"until {shown} | grep -qx logical; do sleep 1; done\nfi",
        "shell",
    )


def published(copy: Copying) -> list[Action]:
    """What is copied, on the old side."""
    name, old = copy.name, copy.old
    what = "" if copy.tables_of else " FOR ALL TABLES"
    add = Action(
        f"Add each table of {copy.tables_of} to it: ALTER PUBLICATION {name} ADD TABLE and its name; only who knows the"
        " code can say which",
        tool="person",
    )
    whole = (
        f"EXISTS (SELECT FROM pg_publication_tables WHERE pubname = '{name}') AND"
        f" NOT EXISTS (SELECT FROM {_tables(name)} WHERE relreplident <> 'f' AND NOT EXISTS"
        " (SELECT FROM pg_index WHERE indrelid = c.oid AND (indisprimary OR indisreplident)))"
    )
    return [
        Action(f"Say what is copied: the publication {name}", old.psql(f"CREATE PUBLICATION {name}{what}"), "sql"),
        *([add] if copy.tables_of else []),
        Action(
            "See that there are tables, and that each has a primary key or another replica identity",
            old.psql(must(whole, "there is no table, or one without a primary key or replica identity")),
            "sql",
        ),
    ]


def _tables(name: str) -> str:
    """Tables of a publication, in SQL."""
    return (
        "pg_publication_tables p JOIN pg_namespace n ON n.nspname = p.schemaname JOIN pg_class c ON"
        f" c.relnamespace = n.oid AND c.relname = p.tablename AND p.pubname = '{name}'"
    )


def copied(copy: Copying, *, made: bool = True) -> list[Action]:
    """Roles, tables and rows on the new side; ``made`` says that the database itself is made, too."""
    old, new = copy.old, copy.new
    dump = old.server.client("pg_dump", old.database, "--schema-only", "--no-publications", "--no-subscriptions")
    if copy.tables_of:
        pick = "SELECT format('--table=%I.%I', schemaname, tablename) FROM pg_publication_tables WHERE pubname ="
        pick += sql_text(copy.name)
        dump = f"{old.bare(pick)} | tr '\\n' '\\0' | xargs -0 {dump.replace(' exec -i ', ' exec ', 1)}"
    database = [
        f"SELECT {sql_text(f'CREATE DATABASE {sql_name(new.database)} TEMPLATE template0')}"
        f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {sql_text(new.database)}) \\gexec",
        f"REVOKE ALL ON DATABASE {sql_name(new.database)} FROM PUBLIC;",
    ]
    return [
        *(
            [Action(f"Make the database {new.database}", new.server.script("postgres", *database), "sql")]
            if made
            else []
        ),
        Action(
            "Carry over the roles that have rights there, their passwords and what they may do with the database",
            f"{copy.before}{old.bare(_rights(new.database))} | {new.server.plain_psql('postgres')}",
            "sql",
        ),
        Action("Make the tables on the new side, without rows", f"{copy.before}{dump} | {new.bare()}", "sql"),
        Action("Keep what is written from now on", old.psql(*_kept(old, copy.name)), "sql"),
        Action(
            "Subscribe on the new side; this copies the rows and then follows",
            _subscribe(copy, new, old, copy.name, ""),
            "sql",
        ),
    ]


def _rights(database: str) -> str:
    """Statements for the other server: roles that own something in this database or have rights in it, what they may do
    with it, and where they look for tables."""
    here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    named = (
        "SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND"
        f" (dbid = {here} OR dbid = 0 AND classid = 'pg_database'::regclass AND objid = {here})"
    )
    into = sql_text(database)
    return (
        "SELECT format(E'SELECT %L WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %L) \\\\gexec',"
        " format('CREATE ROLE %I LOGIN PASSWORD %L', rolname, rolpassword), rolname)"
        f" FROM pg_authid WHERE oid IN ({named}) AND NOT rolsuper AND rolname <> '{COPIER}'"
        f" UNION ALL SELECT format('GRANT %s ON DATABASE %I TO %I;', privilege_type, {into}, rolname)"
        " FROM pg_database, aclexplode(datacl), pg_roles r WHERE datname = current_database() AND r.oid = grantee"
        " AND NOT rolsuper"
        f" UNION ALL SELECT format('ALTER ROLE %I IN DATABASE %I SET search_path TO %s;', rolname, {into},"
        " substr(item, 13)) FROM pg_db_role_setting, unnest(setconfig) item, pg_roles r"
        f" WHERE setdatabase = {here} AND r.oid = setrole"
        " AND item LIKE 'search\\_path=%'"
    )


def _kept(side: Side, name: str) -> tuple[str, ...]:
    """Statements that keep what is written on this side for the other one, and let that one in."""
    login = f"GRANT CONNECT ON DATABASE {sql_name(side.database)} TO {COPIER}"
    return (*_WRITING, login, f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')")


def _subscribe(copy: Copying, side: Side, of: Side, name: str, more: str) -> str:
    made = f"create_slot = false, slot_name = '{name}'{more}"
    conninfo = link(COPIER, of.server.port, of.database)
    secret = key_of(copy.new.server.namespace, copy.secret, "password")
    return side.server.script(
        side.database,
        "SET default_transaction_read_only = off;",
        f"SELECT format('CREATE SUBSCRIPTION {name} CONNECTION %L PUBLICATION {name} WITH (%s)', {conninfo},"
        f" {sql_text(made)}) \\gexec",
        secret=secret,
        host=of.server.host,
    )


def follows(copy: Copying, lag: int) -> list[Gate]:
    """How to see that the copy follows."""
    missing = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"
    behind = (
        "SELECT coalesce(max(extract(epoch FROM replay_lag)) * 1000, 0)::bigint FROM pg_stat_replication"
        f" WHERE application_name = '{copy.name}'"
    )
    return [
        Gate("Every table is copied", "sql", copy.new.psql(missing), "== 0"),
        _active(copy.old, copy.name, "The copy follows"),
        Gate("It is not behind", "sql", copy.old.psql(behind), f"<= {lag}", 600_000),
    ]


def _active(side: Side, name: str, says: str) -> Gate:
    query = f"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{name}' AND active"
    return Gate(says, "sql", side.psql(query), "== 1")


def dropped(copy: Copying, *, made: bool = True) -> list[Action]:
    """How the copy is taken away again."""
    old, new = copy.old, copy.new
    tables = Action(f"Drop the copied tables in {new.database} on {new.server.name}", tool="person")
    whole = Action(
        "Drop the copy: with the database goes what is in it",
        new.server.psql("postgres", f"DROP DATABASE {sql_name(new.database)}"),
        "sql",
    )
    return [
        Action(
            "Stop following; this removes the slot as well",
            new.psql(*_WRITING, f"DROP SUBSCRIPTION {copy.name}"),
            "sql",
        ),
        Action("Stop publishing", old.psql(f"DROP PUBLICATION {copy.name}"), "sql"),
        *([whole] if made else [tables]),
        _left(copy),
    ]


def turned(copy: Copying) -> list[Action]:
    """Writing goes to the new side; the old one follows it."""
    return _turn(copy, copy.old, copy.new, copy.name, copy.name + _BACK)


def turned_back(copy: Copying) -> list[Action]:
    """Writing goes to the old side again; the new one follows it, as before it was turned."""
    return _turn(copy, copy.new, copy.old, copy.name + _BACK, copy.name)


def forgotten(copy: Copying) -> list[Action]:
    """What ends the way back: the old side stops following, and nothing is kept for it any more."""
    old, new, back = copy.old, copy.new, copy.name + _BACK
    where = old.server.name if old.server != new.server else f"{old.database} of {old.server.name}"
    return [
        Action(
            f"{LATER}: let {where} stop following; this removes the slot that keeps the log for it",
            old.psql(*_WRITING, f"DROP SUBSCRIPTION {back}"),
            "sql",
        ),
        Action(
            f"Stop publishing, and shut out the role that copied; when no other copy uses it, drop {COPIER} as well",
            f"{new.psql(f'DROP PUBLICATION {back}', f'DROP OWNED BY {COPIER}')}\n"
            f"{old.psql(*_WRITING, f'DROP PUBLICATION IF EXISTS {copy.name}', f'DROP OWNED BY {COPIER}')}",
            "sql",
        ),
        _left(copy),
    ]


def _left(copy: Copying) -> Action:
    secret = kubectl(copy.new.server.namespace, "delete", "secret", copy.secret)
    return Action(
        "Take away what only the copy needed", "\n".join((secret, stop_talk(copy.old.server, copy.new.server)))
    )


def _turn(copy: Copying, of: Side, to: Side, name: str, back: str) -> list[Action]:
    held = f"SELECT bool_and(confirmed_flush_lsn >= goal) FROM pg_replication_slots WHERE slot_name = '{name}'"
    fresh = (f"DROP SUBSCRIPTION {name}", f"DROP PUBLICATION IF EXISTS {back}", f"CREATE PUBLICATION {back}")
    add = (
        f"SELECT '{_WRITING[0]};' UNION ALL SELECT format('ALTER PUBLICATION {back} ADD TABLE %I.%I;', schemaname,"
        f" tablename) FROM pg_publication_tables WHERE pubname = '{name}'"
    )
    same = f'[ "$({of.bare(_rows(name))})" = "$({to.bare(_rows(back))})" ]'
    where = of.server.name if of.server != to.server else f"{of.database} of {of.server.name}"
    return [
        Action(f"Stop writes on {where}, and end the sessions that are open", of.psql(*_fence(copy, of)), "sql"),
        Action(
            "Wait until the other side has everything", of.psql(await_until(held, "the other side is behind")), "sql"
        ),
        Action(
            "Carry the sequences over: replication does not",
            f"{copy.before}{of.bare(_sequences(copy, name))} | {to.bare()}",
            "sql",
        ),
        Action(
            "Publish the same tables on the other side",
            f"{copy.before}{to.bare(*_WRITING, *fresh)}\n{of.bare(add)} | {to.bare()}",
            "sql",
        ),
        Action("See that both sides hold the same rows: this fails where they do not", f"{copy.before}{same}", "sql"),
        Action(
            f"Let {where} follow from here on, so that the way back stays open",
            f"{to.psql(*_kept(to, back))}\n{_subscribe(copy, of, to, back, ', copy_data = false')}",
            "sql",
        ),
        Action("Let the other side be written", to.psql(*_WRITING, *_opened(copy, to)), "sql"),
    ]


def _rows(name: str) -> str:
    """How many rows each table of a publication has, and a sum over what is in them."""
    return (
        "SELECT schemaname, tablename, query_to_xml(format('SELECT count(*), sum(hashtextextended(t::text, 0)) FROM"
        f" %I.%I t', schemaname, tablename), false, true, '') FROM pg_publication_tables WHERE pubname = '{name}'"
        " ORDER BY 1, 2"
    )


def _sequences(copy: Copying, name: str) -> str:
    """Statements that set sequences to what they are: all of them, or those of the tables that move."""
    owned = (
        " AND EXISTS (SELECT FROM pg_depend d JOIN "
        + _tables(name)
        + " ON d.refobjid = c.oid WHERE d.deptype IN ('a', 'i')"
        " AND d.objid = format('%I.%I', s.schemaname, sequencename)::regclass)"
    )
    return (
        f"SELECT '{_WRITING[0]};' UNION ALL SELECT format('SELECT setval(%L, %s);',"
        " format('%I.%I', s.schemaname, sequencename), last_value)"
        f" FROM pg_sequences s WHERE last_value IS NOT NULL{owned if copy.tables_of else ''}"
    )


def _fence(copy: Copying, side: Side) -> tuple[str, str]:
    """Statements after which clients only read: of the whole database, or the roles whose tables move."""
    if copy.tables_of:
        whom = f"usename IN ({texts(copy.roles)})"
    else:
        whom = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    end = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND {whom}"
    setting = "default_transaction_read_only = on"
    return "; ".join(f"ALTER {item} SET {setting}" for item in _fenced(copy, side)), end


def _opened(copy: Copying, side: Side) -> tuple[str, ...]:
    return tuple(f"ALTER {item} RESET default_transaction_read_only" for item in _fenced(copy, side))


def _fenced(copy: Copying, side: Side) -> list[str]:
    database = f"DATABASE {sql_name(side.database)}"
    return [f"ROLE {sql_name(role)} IN {database}" for role in copy.roles] if copy.tables_of else [database]


def nobody_left(copy: Copying, watched: int) -> list[Gate]:
    """How to see that nobody was left behind, and that the way back is open."""
    whom = f"usename IN ({texts(copy.roles)})" if copy.tables_of else f"usename <> '{COPIER}'"
    query = (
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {whom} AND"
        " backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return [
        Gate("Nobody is connected to the old side", "sql", copy.old.psql(query), "== 0", watched),
        _active(copy.new, copy.name + _BACK, "The old side follows"),
    ]
