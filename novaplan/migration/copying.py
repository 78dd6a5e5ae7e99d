"""How databases are copied while they are in use, and how clients are switched to the copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from novaplan.migration.step import Action, Gate
from novaplan.migration.texts import listed, psql, rendered, sh, sql_name, sql_text, undo


@dataclass(frozen=True, slots=True)
class Copy:
    """One database, on the server it comes from and on the one it goes to."""

    kind: str
    server: str
    database: str
    to_server: str
    to_database: str
    schemas: tuple[str, ...] = ()
    """Only these; none means all."""
    tables_of: str = ""
    """Whose tables, where only some are copied."""

    @property
    def name(self) -> str:
        """Of the publication and the subscription: letters, digits and underscores."""
        text = f"novaplan_{self.tables_of or self.database}_to_{self.to_database}".lower()
        return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text)[:60]


def copy_actions(copy: Copy) -> list[Action]:
    """How the copy is made and kept up to date."""
    if copy.kind == "postgres":
        only = [word for schema in copy.schemas for word in ("-n", schema)]
        dump = sh("pg_dump", "-h", copy.server, "-d", copy.database, "--schema-only", *only)
        what = f"TABLES IN SCHEMA {', '.join(map(sql_name, copy.schemas))}" if copy.schemas else "ALL TABLES"
        if copy.tables_of:
            what = "TABLE ..."
        link = f"host={copy.server} dbname={copy.database} user=replicator"
        return [
            Action(
                "Make the tables on the new side, without rows",
                f"{dump} | {sh('psql', '-h', copy.to_server, '-d', copy.to_database, '-v', 'ON_ERROR_STOP=1')}",
                "sql",
            ),
            Action(
                "Publish them"
                + (f": name the tables of {copy.tables_of} in place of the dots" if copy.tables_of else "")
                + " (wal_level must be logical)",
                psql(copy.server, copy.database, f"CREATE PUBLICATION {copy.name} FOR {what}"),
                "sql",
            ),
            Action(
                "Subscribe on the new side; this copies the rows and then follows",
                psql(
                    copy.to_server,
                    copy.to_database,
                    f"CREATE SUBSCRIPTION {copy.name} CONNECTION {sql_text(link)} PUBLICATION {copy.name}",
                ),
                "sql",
            ),
        ]
    if copy.kind in ("mysql", "mariadb"):
        dump = sh(
            "mysqldump",
            "-h",
            copy.server,
            "--single-transaction",
            "--source-data=2",
            "--routines",
            "--databases",
            copy.database,
        )
        follow = (
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST={sql_text(copy.server)}, SOURCE_AUTO_POSITION=1"
            f" FOR CHANNEL {sql_text(copy.name)}"
        )
        return [
            Action("Copy the rows as they are at one moment", f"{dump} | {sh('mysql', '-h', copy.to_server)}", "sql"),
            Action(
                "Follow from that moment on",
                sh("mysql", "-h", copy.to_server, "-e", f"{follow}; START REPLICA FOR CHANNEL {sql_text(copy.name)}"),
                "sql",
            ),
        ]
    return [
        Action(
            f"Copy {copy.database} from {copy.server} to {copy.to_server} and keep the copy up to date,"
            f" by the means of {copy.kind}",
            tool="person",
        )
    ]


def copy_gates(copy: Copy, lag: int) -> list[Gate]:
    """How to see that the copy follows."""
    if copy.kind == "postgres":
        behind = (
            "SELECT coalesce(max(extract(epoch FROM replay_lag)) * 1000, 0) FROM pg_stat_replication"
            f" WHERE application_name = {sql_text(copy.name)}"
        )
        missing = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"
        return [
            Gate("Every table is copied", "sql", psql(copy.to_server, copy.to_database, missing), "== 0"),
            Gate("The copy follows", "sql", psql(copy.server, copy.database, behind), f"<= {lag}", 600_000),
            Gate("Rows and checksums are alike in a sample of tables", "person", "tables that differ", "== 0"),
        ]
    if copy.kind in ("mysql", "mariadb"):
        status = sh("mysql", "-h", copy.to_server, "-e", f"SHOW REPLICA STATUS FOR CHANNEL {sql_text(copy.name)}")
        return [Gate("The copy follows", "sql", status, f"Seconds_Behind_Source <= {max(1, lag // 1000)}", 600_000)]
    return [Gate("The copy follows, and a sample is alike", "person", "parts that differ", "== 0")]


def drop_copy(copy: Copy) -> list[Action]:
    """How the copy is taken away again."""
    if copy.kind == "postgres":
        return [
            Action(
                "Stop following; this removes the slot as well",
                psql(copy.to_server, copy.to_database, f"DROP SUBSCRIPTION {copy.name}"),
                "sql",
            ),
            Action("Stop publishing", psql(copy.server, copy.database, f"DROP PUBLICATION {copy.name}"), "sql"),
            Action("Drop the copied tables", tool="person"),
        ]
    if copy.kind in ("mysql", "mariadb"):
        words = f"STOP REPLICA FOR CHANNEL {sql_text(copy.name)}; RESET REPLICA ALL FOR CHANNEL {sql_text(copy.name)}"
        return [
            Action("Stop following", sh("mysql", "-h", copy.to_server, "-e", words), "sql"),
            Action("Drop the copy", tool="person"),
        ]
    return [Action("Stop following and drop the copy", tool="person")]


def switch_actions(copy: Copy, clients: Sequence[str]) -> list[Action]:
    """How writes are fenced, what the copy lacks is carried over, and the clients are switched."""
    who = listed(clients) or "the clients"
    if copy.kind == "postgres":
        fence = f"ALTER DATABASE {sql_name(copy.database)} SET default_transaction_read_only = on"
        end = (
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {sql_text(copy.database)}"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        steps = (
            "SELECT format('SELECT setval(%L, %s, true);', format('%I.%I', schemaname, sequencename), last_value)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )
        read = sh("psql", "-h", copy.server, "-d", copy.database, "-At", "-c", steps)
        carry = f"{read} | {sh('psql', '-h', copy.to_server, '-d', copy.to_database, '-v', 'ON_ERROR_STOP=1')}"
        fenced = Action(
            "Fence writes to what moves: revoke them from its old roles"
            if copy.tables_of
            else "Fence writes, and end the sessions that were open before",
            "" if copy.tables_of else psql(copy.server, copy.database, fence, end),
            "person" if copy.tables_of else "sql",
        )
        return [
            fenced,
            Action("Wait until the copy has everything: the gate of the step before, once more", tool="person"),
            Action("Carry the sequences over: logical replication does not", carry, "sql"),
            Action(
                "Let the old side follow the new one from here on, so that the way back stays open",
                psql(copy.to_server, copy.to_database, f"CREATE PUBLICATION {copy.name}_back FOR ALL TABLES"),
                "sql",
            ),
            *_switched(who),
        ]
    if copy.kind in ("mysql", "mariadb"):
        return [
            Action("Fence writes", sh("mysql", "-h", copy.server, "-e", "SET GLOBAL super_read_only = ON"), "sql"),
            Action(
                "Wait until the copy has everything, then let it stop following,"
                " and let the old side follow it instead",
                tool="person",
            ),
            *_switched(who),
        ]
    return [
        Action(
            "Fence writes, wait until the copy has everything, and let the old side follow the new one", tool="person"
        ),
        *_switched(who),
    ]


def _switched(who: str) -> list[Action]:
    return rendered(f"Put the new address into the secrets of {who}; this changes their settings and restarts them")


def switch_gates(copy: Copy, watched: int) -> list[Gate]:
    """How to see that nobody was left behind."""
    if copy.kind == "postgres" and not copy.tables_of:
        query = (
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = {sql_text(copy.database)}"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [
            Gate("Nobody is connected to the old side", "sql", psql(copy.server, copy.database, query), "== 0", watched)
        ]
    return [Gate("Nothing is written on the old side any more", "person", f"writes on {copy.server}", "== 0", watched)]


def switch_back(copy: Copy, clients: Sequence[str]) -> list[Action]:
    """The same way back; the old side has followed the new one."""
    who = listed(clients) or "the clients"
    return [
        Action(
            f"Fence writes on {copy.to_server}, wait until the old side has everything, carry the sequences back",
            tool="person",
        ),
        *undo(f"Give {who} the old address again, in their secrets too; this restarts them. Then let writes on"),
    ]
