"""Give a client of Redis another logical DB: it writes to both, the rest is copied, then it uses the new one alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from novaplan.migration.allowing import only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put, set_fields
from novaplan.migration.heritage import together
from novaplan.migration.keys import Keys, explained
from novaplan.migration.redis import at_master, has_numbers, measured, told
from novaplan.migration.rewire import Rewire, renamed_hosts
from novaplan.migration.step import LATER, Action, Gate, Step
from novaplan.migration.texts import SUCCESS, kubectl, share_of
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, LogicalDB
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
    keys, watched = _keys(draft, now, new), draft.rollout.weight_bake
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
            *(explained(keys) if keys else ()),
            "no key that is copied is there already, or the newer value is known to win",
            "whoever listens to keyspace events listens to the new DB too: their channels carry its number;"
            " Pub/Sub itself knows no DB",
        ),
        actions=_copying(now, new, keys),
        gates=[
            measured(
                "No key is missing on the new side, or other than on the old one", keys.differing(), "== 0", watched
            ),
            *(
                [measured("The new side has no key that the old one lost", keys.left_over(), "== 0")]
                if keys.here
                else []
            ),
        ]
        if keys
        else [Gate("The new side holds what the old one does", "person", _SAME.format(now.client), "yes", watched)],
        rollback=[
            Action(f"Release {now.client} so that it writes to the old DB alone", tool="git"),
            told("Then remove what was copied, and nobody else's keys", keys.drop())
            if keys
            else Action("Then remove what was copied, and nobody else's keys", tool="person"),
        ],
        undone_until="the client is switched",
        risk="medium",
    )


_SAME = "Does every key of {} have the same value and time to live on both sides?"


def _keys(draft: Draft, now: Dependency, new: Dependency) -> Keys | None:
    """What is the client's; nothing where no command here can name it."""
    old, to = (draft.state.part(address("datastore", edge.server), Datastore) for edge in (now, new))
    if old is None or to is None or not (has_numbers(old) and has_numbers(to)):
        return None
    named = new.key_prefixes if not set(new.key_prefixes) <= set(now.key_prefixes) else ()
    added = named[0] if len(named) == 1 and not set(now.key_prefixes) & set(named) else ""
    return Keys(old, now.logical_db or 0, to, new.logical_db or 0, added, _signs(draft, now, new, added))


def _signs(draft: Draft, now: Dependency, new: Dependency, added: str) -> tuple[str, ...]:
    """The prefixes that tell the client's keys; none where only a person can."""
    if now.key_prefixes:
        return tuple(f"+{prefix}" for prefix in now.key_prefixes)
    stays, beside = _db(now) == _db(new), _beside(draft, now)
    if not all(beside.values()) or not (added or stays or not _beside(draft, new)):
        return ()
    theirs = {prefix for prefixes in beside.values() for prefix in prefixes} | ({added} if added and stays else set())
    return (*(f"-{prefix}" for prefix in sorted(theirs)), "+")


def _beside(draft: Draft, edge: Dependency) -> dict[str, tuple[str, ...]]:
    """Who else uses the DB of an edge or did at the start, with the prefixes of their keys, where those are known: what
    has moved on has left its keys there until its way back is given up."""
    own, found = _db(edge), dict[str, tuple[str, ...]]()
    for part in (draft.start.get(own), draft.state.parts.get(own)):
        found |= dict.fromkeys(part.owners if isinstance(part, LogicalDB) else (), ())
    for other in (*draft.edges_at_start(edge.server), *draft.state.edges_to(edge.server)):
        if other.logical_db == edge.logical_db:
            found[other.client] = (*found.get(other.client, ()), *other.key_prefixes)
    return {name: prefixes for name, prefixes in found.items() if name != edge.client}


def _copying(now: Dependency, new: Dependency, keys: Keys | None) -> list[Action]:
    if keys is None:
        return [
            Action("Release the client with writes to both; it reads the old one", tool="git"),
            Action(
                "Copy the keys that are this client's and are not there yet, with their times to live", tool="person"
            ),
        ]
    name = f"its name with {keys.added!r} before it" if keys.added else "the same name"
    how = (
        f"COPY to {name} in DB {new.logical_db} with REPLACE"
        if keys.here
        else f"DUMP, then RESTORE to {name} with REPLACE"
    )
    return [
        keys.prepared(),
        *([] if keys.signs else [told(f"See whose keys are in DB {now.logical_db}", keys.heads())]),
        Action(
            f"Release {now.client} so that each of its writes ends with the whole key brought over, or removed there"
            f" when it is gone here: {how}{', in one MULTI' if keys.here else ''}. To write twice would count twice."
            " It reads the old DB",
            tool="git",
        ),
        told(
            f"Copy the keys that are {now.client}'s and are not there yet, with their times to live. Not SWAPDB, which"
            " swaps the DB under every client at once, and not MOVE, which takes the keys away from the old side",
            keys.copy(),
        ),
    ]


def _switch(draft: Draft, pairs: Sequence[Pair]) -> None:
    now, new = pairs[0]
    rewire = Rewire(draft)
    for old, led in pairs:
        rewire.lead(old, led)
    keys = _keys(draft, now, new)
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
            Action(f"Release {now.client} so that it reads the new DB while it still writes both", tool="git"),
            Action("Release it without writes to the old DB, once its errors are no more than before", tool="git"),
            *_removed(keys),
        ],
        gates=_unused(draft, now, new),
        rollback=[
            Action(
                f"Release {now.client} so that it reads the new DB and brings each write over to the old one",
                tool="git",
            ),
            told("Make the old side what the new one is", *keys.back())
            if keys
            else Action("Copy back what was written since, with times to live", tool="person"),
            Action("Release it so that it reads the old DB", tool="git"),
        ],
        undone_until="the old keys are removed",
        risk="medium",
    )
    draft.moved({now.server, new.server}, [now.client], step)


def _unused(draft: Draft, now: Dependency, new: Dependency) -> list[Gate]:
    """How to see that a client has left a DB."""
    client, watched = draft.service(now.client), draft.rollout.weight_bake
    query = f"{share_of(now.client, SUCCESS)} or vector(1)"
    fine = Gate("It fails no more requests", "promql", query, f">= {draft.rollout.success_percent / 100:g}", watched)
    store = draft.state.part(address("datastore", now.server), Datastore)
    if store is None or (now.server, now.logical_db) == (new.server, new.logical_db):
        return [fine]
    pods = kubectl(
        client.namespace,
        "get",
        "pods",
        "-l",
        f"app.kubernetes.io/name={now.client}",
        "-o",
        'jsonpath={range .items[*]}addr={.status.podIP}:{"\\n"}{end}',
    )
    connected = at_master(store, "client list")
    query = f'{connected} | grep -F "$({pods})" | grep -c " db={now.logical_db} " || true'
    return [fine, measured("None of its connections has the old DB", query, "== 0", watched)]


def _prefix(draft: Draft, pairs: Sequence[Pair]) -> None:
    now, new = pairs[0]
    keys = _keys(draft, now, new)
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
        preconditions=(
            *(explained(keys) if keys else ()),
            "no other client reads the keys under their old names",
        ),
        actions=[
            *_copying(now, new, keys),
            *_counted(keys),
            Action("Release it so that it reads the new names, then so that it writes them alone", tool="git"),
            *_removed(keys),
        ],
        gates=_unused(draft, now, new),
        rollback=[
            Action(f"Release {now.client} so that it writes both names again, and reads the new ones", tool="git"),
            told("Make the old names what the new ones are", *keys.back())
            if keys
            else Action("Copy back what was written since, with times to live", tool="person"),
            Action("Release it so that it reads and writes the old names alone", tool="git"),
            *([told("Remove the new names", keys.drop())] if keys else []),
        ],
        undone_until="the keys under the old names are removed",
    )
    draft.moved({now.server}, [now.client], step)


def _removed(keys: Keys | None) -> list[Action]:
    late = f"{LATER}, and not before the gates below have held: remove the old keys"
    return [told(late, keys.remove())] if keys else [Action(late, tool="person")]


def _counted(keys: Keys | None) -> list[Action]:
    return [told("Go on when this prints 0: keys that differ or are missing", keys.differing())] if keys else []


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
