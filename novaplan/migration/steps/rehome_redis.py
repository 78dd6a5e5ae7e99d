"""Give a client of Redis another logical DB: it writes to both, the rest is copied, then it uses the new one alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from novaplan.migration.allowing import only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put, set_fields
from novaplan.migration.heritage import together
from novaplan.migration.rewire import Rewire, renamed_hosts
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import sh
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import LogicalDB
from novaplan.topology.parts import address, dependency_address
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "migrate", 140
Pair = tuple[Dependency, Dependency]
"""An edge, and what it is led to; the edges of one client to one DB move together."""


def propose(draft: Draft) -> None:
    """Two for each client and DB that changes its place; one where only the prefix of its keys changes."""
    places: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for edge in draft.current.dependencies:
        if edge.logical_db is not None:
            places[edge.client, edge.server, edge.logical_db].append(dependency_address(edge))
    for owns in places.values():
        pairs = [pair for own in owns for pair in _pair(draft, own)]
        moved = [(now, new) for now, new in pairs if _db(now) != _db(new)]
        named = [(now, new) for now, new in pairs if _db(now) == _db(new) and now.key_prefixes != new.key_prefixes]
        if moved:
            _dual(draft, moved)
            _switch(draft, moved)
        if named and draft.world.heir(named[0][0].client) != named[0][0].client:
            _prefix(draft, named)


def _pair(draft: Draft, own: str) -> Iterator[Pair]:
    """What became of an edge of current so far, and where it leads in the end, if its server is there."""
    now = draft.now_at(own)
    heirs = [heir for heir in draft.heritage.edges_of(own) if heir.logical_db is not None]
    if now is not None and heirs and address("datastore", heirs[0].server) in draft.state.parts:
        heir = heirs[0]
        yield (
            now,
            replace(now, server=heir.server, logical_db=heir.logical_db, key_prefixes=_prefixes(now, heir)),
        )


def _prefixes(now: Dependency, heir: Dependency) -> tuple[str, ...]:
    """Those it has if they stay; else the one that is named after it."""
    if now.key_prefixes and set(now.key_prefixes) <= set(heir.key_prefixes):
        return now.key_prefixes
    own = tuple(item for item in heir.key_prefixes if item.startswith(f"{now.client}:"))
    return own or heir.key_prefixes


def _db(edge: Dependency) -> str:
    return address("logical-db", edge.server, edge.logical_db or 0)


def _owned(draft: Draft, edge: Dependency, *, gone: bool) -> list[Edit]:
    """The DB has the client among its owners, or no longer."""
    if address("service", edge.client) not in draft.state.parts:
        return []
    own = _db(edge)
    part = draft.state.part(own, LogicalDB)
    if part is None:
        goal = draft.goal.get(own)
        made = goal if isinstance(goal, LogicalDB) else LogicalDB(index=edge.logical_db or 0)
        return [put(own, replace(made, owners=(edge.client,)))]
    others = set(part.owners) - {edge.client}
    owners = tuple(sorted(others if gone else {*others, edge.client}))
    return [] if owners == part.owners else [set_fields(own, owners=owners)]


def _dual(draft: Draft, pairs: Sequence[Pair]) -> None:
    now, new = pairs[0]
    edits = [*_owned(draft, new, gone=False)]
    for old, led in pairs:
        known = draft.state.part(dependency_address(led), Dependency)
        there = together(led, known)
        if there != known and not old.possible:
            edits.append(put(dependency_address(there), there))
    same = now.server == new.server
    draft.add(
        now.client,
        now.server,
        now.logical_db or 0,
        "dual-write",
        title=f"Let {now.client} write to DB {new.logical_db} of {new.server} beside DB {now.logical_db} of"
        f" {now.server}, and copy what is there",
        stages=[edits],
        units={"clients": 1},
        establishes=(_caught(now),),
        after=draft.before_moving(now.server, new.server),
        touches=[now.client, now.server, new.server],
        preconditions=(
            "no key that is copied is there already, or the newer value is known to win",
            "whoever listens to keyspace events listens to the new DB too: their channels carry its number;"
            " Pub/Sub itself knows no DB",
        ),
        actions=_copying(now, new, same),
        gates=[
            Gate(
                "Both hold the same keys, with the same times to live",
                "redis-cli",
                "\n".join(
                    sh("redis-cli", "-h", edge.server, "-n", edge.logical_db or 0, "INFO", "keyspace")
                    for edge in (now, new)
                ),
                "no key is missing on the new side",
                draft.rollout.weight_bake,
            )
        ],
        rollback=[
            Action(
                f"Let {now.client} write to the old DB alone, and delete what was copied;"
                " FLUSHDB only if nobody else has that DB",
                tool="person",
            )
        ],
        undone_until="the client is switched",
        risk="medium",
    )


def _copying(now: Dependency, new: Dependency, same: bool) -> list[Action]:
    source: list[str | int] = ["redis-cli", "-h", now.server, "-n", now.logical_db or 0]
    prefix = new.key_prefixes[0] if len(new.key_prefixes) == 1 and not now.key_prefixes else ""
    if same:
        how = (
            sh(*source, "--scan")
            + " | while read -r key; do "
            + sh(*source, "COPY")
            + f' "$key" {sh(prefix)}"$key" DB {new.logical_db}; done'
        )
    else:
        how = (
            sh(*source, "--scan")
            + " | while read -r key; do "
            + sh(*source, "MIGRATE", new.server, 6379)
            + f' "$key" {new.logical_db} 5000 COPY; done'
        )
    return [
        Action(
            "Release the client with writes to both; it reads the old one"
            + (f", and puts {prefix!r} before every key of the new one" if prefix else ""),
            tool="git",
        ),
        Action(
            "Copy the keys that are this client's and are not there yet. Not SWAPDB, which swaps the DB under every"
            " client at once, and not MOVE, which takes the keys away from the old side"
            + ("" if same else "; MIGRATE only with COPY, and a time-out of it may leave a key on both sides"),
            how,
            "redis-cli",
        ),
    ]


def _switch(draft: Draft, pairs: Sequence[Pair]) -> None:
    now, new = pairs[0]
    rewire = Rewire(draft)
    for old, led in pairs:
        rewire.lead(old, led)
    left = [old for old, _ in pairs]
    edits = [*rewire.edits(), *_owned(draft, now, gone=True)]
    if now.server != new.server and not any(
        edge.server == now.server and edge not in left for edge in draft.state.edges_of(now.client)
    ):
        edits += renamed_hosts(draft, [now.client], now.server, new.server)
    step = draft.add(
        now.client,
        now.server,
        now.logical_db or 0,
        "switch",
        title=f"Let {now.client} read and write DB {new.logical_db} of {new.server} alone",
        stages=[edits],
        units={"clients": 1},
        after=draft.before_moving(now.server, new.server),
        touches=[now.client, now.server, new.server],
        actions=[
            Action("Let it read the new DB while it still writes both, and watch hits and misses", tool="git"),
            Action("Stop its writes to the old DB", tool="git"),
        ],
        gates=[
            Gate(
                "Hits are as many as before",
                "redis-cli",
                sh("redis-cli", "-h", new.server, "INFO", "stats"),
                "keyspace_hits / (keyspace_hits + keyspace_misses) no lower",
                draft.rollout.weight_bake,
            ),
            Gate(
                "It names the old DB no more",
                "redis-cli",
                sh("redis-cli", "-h", now.server, "CLIENT", "LIST"),
                f"no client of {now.client} with db={now.logical_db}",
            ),
        ],
        rollback=[Action("Write to both again, copy back what was written since, and read the old one", tool="git")],
        undone_until="writes to both have stopped and the old keys have expired",
        risk="medium",
    )
    draft.moved({now.server, new.server}, [now.client], step)


def _prefix(draft: Draft, pairs: Sequence[Pair]) -> None:
    now, new = pairs[0]
    step = draft.add(
        now.client,
        now.server,
        now.logical_db or 0,
        "prefix",
        title=f"Let {now.client} put {' and '.join(new.key_prefixes) or 'nothing'} before its keys"
        f" in DB {now.logical_db} of {now.server}",
        stages=[[put(dependency_address(named), named) for _, named in pairs]],
        units={"clients": 1},
        after=draft.before_moving(now.server),
        touches=[now.client, now.server],
        preconditions=("no other client reads the keys under their old names",),
        actions=[
            Action("Release the client so that it writes both names and reads the old one", tool="git"),
            Action(
                "Copy the keys that are there under their new names",
                tool="redis-cli",
                command=sh("redis-cli", "-h", now.server, "-n", now.logical_db or 0, "--scan")
                + " | while read -r key; do "
                + sh("redis-cli", "-h", now.server, "-n", now.logical_db or 0, "COPY")
                + f' "$key" {sh(*new.key_prefixes[:1])}"$key"; done',
            ),
            Action("Let it read the new names, then write them alone", tool="git"),
        ],
        gates=[
            Gate(
                "Hits are as many as before",
                "redis-cli",
                sh("redis-cli", "-h", now.server, "INFO", "stats"),
                "keyspace_hits / (keyspace_hits + keyspace_misses) no lower",
                draft.rollout.weight_bake,
            )
        ],
        rollback=[
            Action("Write both names again, copy back what was written since, and read the old ones", tool="git")
        ],
        undone_until="the keys under the old names have expired",
    )
    draft.moved({now.server}, [now.client], step)


def _caught(now: Dependency) -> str:
    return f"caught-up/{now.client}/{now.server}/{now.logical_db}"


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """A switch needs both sides to hold the same."""
    client, server, index, what = subject(step)
    return (f"caught-up/{client}/{server}/{index}",) if what == "switch" else ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes edges of one client, who owns the DBs, and the addresses it is given."""
    client = subject(step)[0]
    others = [
        edit.address
        for edit in step.edits
        if edit.address.startswith("dependency:") and not edit.address.startswith(f"dependency:{client}->")
    ]
    return f"{step.kind} changes edges of {client} alone" if others else only(step, "dependency", "logical-db", "env")
