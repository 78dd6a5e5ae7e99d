"""How databases are copied while they are in use, and how clients are switched to the copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from novaplan.migration import postgres_copy
from novaplan.migration.gates import YES
from novaplan.migration.postgres import Server, server_of
from novaplan.migration.postgres_copy import Side
from novaplan.migration.step import Action, Gate
from novaplan.migration.texts import listed, rendered, sh, sql_text, undo
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address

if TYPE_CHECKING:
    from novaplan.migration.draft import Draft


@dataclass(frozen=True, slots=True)
class Copy:
    """One database, on the server it comes from and on the one it goes to."""

    kind: str
    server: str
    database: str
    to_server: str
    to_database: str
    tables_of: str = ""
    """Whose tables, where only some are copied."""
    old: Server | None = None
    new: Server | None = None
    """Of PostgreSQL: how its servers are reached."""
    made: bool = True
    """Of PostgreSQL: whether the database on the other side is made for it."""
    roles: tuple[str, ...] = ()
    """Of PostgreSQL: who writes the tables, where only some are copied."""

    @property
    def name(self) -> str:
        """Of the publication and the subscription: letters, digits and underscores."""
        text = f"novaplan_{self.tables_of or self.database}_to_{self.to_database}".lower()
        return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text)[:60]

    @property
    def copying(self) -> postgres_copy.Copying | None:
        """How PostgreSQL copies it; None for other kinds."""
        if self.kind != "postgres" or self.old is None or self.new is None:
            return None
        old, new = Side(self.old, self.database), Side(self.new, self.to_database)
        return postgres_copy.Copying(old, new, self.name, self.tables_of, self.roles)


def copy_of(
    draft: Draft, old: tuple[str, str], new: tuple[str, str], *, tables_of: str = "", roles: tuple[str, ...] = ()
) -> Copy:
    """The copy of a database, or of some of its tables, between servers as the draft has them."""
    there = [draft.state.part(address("datastore", name), Datastore) for name, _ in (old, new)]
    servers = [None if item is None else server_of(item) for item in there]
    kind = there[0].kind if there[0] is not None else ""
    made = not tables_of and address("database", *new) not in draft.state.parts
    return Copy(kind, *old, *new, tables_of=tables_of, old=servers[0], new=servers[1], made=made, roles=roles)


def copy_actions(copy: Copy) -> list[Action]:
    """How the copy is made and kept up to date."""
    made = copy.copying
    if made is not None:
        return [
            *postgres_copy.prepared(made),
            *postgres_copy.published(made),
            *postgres_copy.copied(made, made=copy.made),
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
    made = copy.copying
    if made is not None:
        return postgres_copy.follows(made, lag)
    if copy.kind in ("mysql", "mariadb"):
        asked = f"SHOW REPLICA STATUS FOR CHANNEL {sql_text(copy.name)}\\G"
        status = sh("mysql", "-h", copy.to_server, "-e", asked)
        behind = f"{status} | {sh('awk', '/Seconds_Behind_Source:/ {print $2}')}"
        return [Gate("The copy follows", "sql", behind, f"<= {max(1, lag // 1000)}", 600_000)]
    return [Gate("The copy follows, and a sample is alike", "person", "Do all parts agree?", YES)]


def drop_copy(copy: Copy) -> list[Action]:
    """How the copy is taken away again."""
    made = copy.copying
    if made is not None:
        return postgres_copy.dropped(made, made=copy.made)
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
    made = copy.copying
    if made is not None:
        return [*postgres_copy.turned(made), *_switched(who), *postgres_copy.forgotten(made)]
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
    made = copy.copying
    if made is not None:
        return postgres_copy.nobody_left(made, watched)
    return [
        Gate(
            "Nothing is written on the old side any more",
            "person",
            f"Does nobody write on {copy.server}?",
            YES,
            watched,
        )
    ]


def switch_back(copy: Copy, clients: Sequence[str]) -> list[Action]:
    """The same way back; the old side has followed the new one."""
    who = listed(clients) or "the clients"
    made = copy.copying
    again = undo(f"Give {who} the old address again, in their secrets too; this restarts them. Then let writes on")
    if made is not None:
        return [*postgres_copy.turned_back(made), *again]
    return [
        Action(
            f"Fence writes on {copy.to_server}, wait until the old side has everything, carry the sequences back",
            tool="person",
        ),
        *again,
    ]
