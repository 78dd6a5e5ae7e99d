"""Which keys of a Redis are a client's, and how they get elsewhere: copied with their times to live, compared, taken
back and removed, key by key and never those of anybody else.

A script does it, which is put beside the server. On one server each batch of keys is worked on whole, so no write of a
client comes in between (https://redis.io/docs/latest/develop/programmability/eval-intro/). Between servers keys travel
as DUMP gives them, and one that is there already stays: it is newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from novaplan.migration.redis import Shell, at_server, server
from novaplan.migration.step import Action
from novaplan.migration.texts import sh
from novaplan.topology.datastore import Datastore

ASKED: Final = "PREFIXES"
"""A variable of the shell, for prefixes that only a person knows, with blanks between."""
_SCRIPT: Final = "novaplan-keys.sh"


@cache
def script() -> str:
    """What does the work, ``@SERVER@`` in it standing for how redis-cli reaches the server."""
    return files(__package__).joinpath("scripts/keys.sh").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one client, in the DB where they are and in the one where they go."""

    old: Datastore
    old_db: int
    new: Datastore
    new_db: int
    added: str
    """What is put before each name."""
    signs: tuple[str, ...]
    """``+`` or ``-`` and a prefix: the first that fits tells whether a key is the client's. None: only a person
    knows."""

    @property
    def here(self) -> bool:
        """Whether both are on one server."""
        return self.old.name == self.new.name

    def prepared(self) -> Action:
        """Puts the script beside the servers."""
        stores = [self.old] if self.here else [self.old, self.new]
        commands = (
            f"{sh('printf', '%s', script().replace('@SERVER@', server(store)))} |"
            f" {at_server(store, 'sh', '-c', f'cat >{_SCRIPT}', typed=True)}"
            for store in stores
        )
        what = "Put the script that works on keys beside the server, where it stays until its pod is made anew"
        return Action(what, "\n".join(commands), "redis-cli")

    def copy(self) -> str:
        """Copies what is not there yet; prints how many, between servers what redis-cli says."""
        return self._run("copy") if self.here else self._sent("old")

    def differing(self) -> str:
        """Prints how many keys are missing on the new side, or are of another kind, size, time to live or text."""
        if self.here:
            return self._run("differing")
        return f"{{ {self._run('tell-old')}; {self._run('tell-new')}; }} | sort | uniq -u | grep -c . || true"

    def left_over(self) -> str:
        """Prints how many keys the new side has and the old one has not; on one server."""
        return self._run("left-over")

    def drop(self) -> str:
        """Removes them on the new side."""
        return self._run("drop-new")

    def remove(self) -> str:
        """Removes them on the old side."""
        return self._run("drop-old")

    def back(self) -> tuple[str, ...]:
        """Makes the old side what the new one is."""
        return (self._run("back"), self._run("prune")) if self.here else (self._run("drop-old"), self._sent("new"))

    def heads(self) -> str:
        """Counts the keys of the old DB by what stands before the first colon."""
        listing = f"redis-cli {server(self.old)} -n {self.old_db} --scan | cut -d : -f 1 | sort | uniq -c | sort -rn"
        return at_server(self.old, "sh", "-c", listing)

    def _run(self, work: str) -> str:
        store = self.new if work.endswith("-new") else self.old
        signs = self.signs or (Shell(f'$(printf "+%s " ${{{ASKED}:?say whose prefixes, with blanks between}})'),)
        return at_server(store, "sh", _SCRIPT, work, self.old_db, self.new_db, self.added, *signs)

    def _sent(self, side: str) -> str:
        store, db = (self.new, self.new_db) if side == "old" else (self.old, self.old_db)
        into = at_server(store, "sh", "-c", f"redis-cli {server(store)} -n {db} --pipe", typed=True)
        return f"{self._run(f'send-{side}')} | {into}"


def explained(keys: Keys) -> tuple[str, ...]:
    """Where prefixes are asked for, in words; nothing where they are known."""
    text = (
        f"the topology does not say which keys of DB {keys.old_db} of {keys.old.name} are whose: state key_prefixes at"
        f" the dependencies and plan again, or set {ASKED} to this client's prefixes in the shell; until then no"
        " command touches a key"
    )
    return () if keys.signs else (text,)
