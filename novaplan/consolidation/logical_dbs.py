"""Logical DBs of memory stores: each owner's keys go where the policy says, or stay under their number; who meets whom
there must be settled, because two clients of one DB overwrite each other's keys."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, count

from novaplan.consolidation.combine import overlay, stated_fields
from novaplan.consolidation.conflicts import mapping, retirement
from novaplan.consolidation.policy import DatastoreGroup, LogicalDBChoice
from novaplan.consolidation.work import Work
from novaplan.topology.datastore import Datastore, LogicalDB
from novaplan.topology.parts import address

Source = tuple[str, int]
"""A logical DB of the current topology: server and index."""


@dataclass(slots=True)
class _Place:
    """One logical DB of the target."""

    clients: dict[str, set[Source]] = field(default_factory=lambda: defaultdict(set))
    """Who keeps keys there, and where those come from."""
    bringers: dict[str, set[Source]] = field(default_factory=lambda: defaultdict(set))
    """The same by the names of the current topology."""
    exposed: set[str] = field(default_factory=set)
    """Clients some of whose keys could be anybody's: the policy does not say that they are told apart."""
    owners: set[str] = field(default_factory=set)
    sources: list[tuple[Source, LogicalDB]] = field(default_factory=list)


def choice_for(work: Work, user: str, server: str, index: int) -> LogicalDBChoice | None:
    """Where the policy puts the keys that ``user`` keeps in a logical DB, by the names of the current topology."""
    group = work.group_of.get(user)
    if group is None or not group.logical_dbs:
        return None
    part, target = address("logical-db", server, index), work.store_name.get(server)
    choices = {choice.part: choice for choice in group.logical_dbs if choice.server == target}
    choice = choices.get(part) or choices.get(None)
    if choice is not None:
        work.used_choices.add((group.name, choice.server, choice.part))
    return choice


def merge_logical_dbs(work: Work, group: DatastoreGroup, members: Sequence[Datastore]) -> tuple[LogicalDB, ...]:
    """The logical DBs of a datastore of the target."""
    places: dict[int, _Place] = defaultdict(_Place)
    for member in members:
        declared = {item.index: item for item in member.logical_dbs}
        users = _users(work, member)
        for index in sorted(declared.keys() | users.keys()):
            if not work.retires(address("logical-db", member.name, index)):
                _move(work, group, (member.name, index), declared.get(index), users.get(index, set()), places)
    # Each conflict is offered a number of its own, so that settling several makes no new one.
    free = (number for number in count() if number not in places)
    for index in sorted(places):
        _refuse_shared(work, group, members, index, places[index], free)
        _refuse_united(work, group, index, places[index], free)
    return _described(group, places)


def _users(work: Work, store: Datastore) -> dict[int, set[str]]:
    used: dict[int, set[str]] = defaultdict(set)
    for edge in work.edges_to.get(store.name, ()):
        if edge.logical_db is not None:
            used[edge.logical_db].add(edge.client)
    return used


def _move(
    work: Work,
    group: DatastoreGroup,
    source: Source,
    declared: LogicalDB | None,
    users: set[str],
    places: dict[int, _Place],
) -> None:
    """Take the keys of one logical DB to where they go."""
    server, old = source
    stated = set(declared.owners) if declared else set()
    into = set()
    for user in sorted(stated | users):
        choice, name = choice_for(work, user, server, old), work.new_name(user)
        index = choice.index if choice else old
        into.add(index)
        place = places[index]
        if name is not None:
            place.clients[name].add(source)
            place.bringers[user].add(source)
            if choice is None or choice.keys is None:
                place.exposed.add(name)
            if user in stated or index != old:
                place.owners.add(name)
    if declared is not None:
        for index in sorted(into or {old}):
            work.ledger.record(address("logical-db", server, old), address("logical-db", group.name, index))
            places[index].sources.append((source, declared))


def _refuse_shared(
    work: Work, group: DatastoreGroup, members: Sequence[Datastore], index: int, place: _Place, free: Iterator[int]
) -> None:
    """Several clients in one DB. One that was shared before and that nothing touches stays for ``novaplan check``."""
    names, exposed = sorted(place.clients), sorted(place.exposed)
    touched = any(work.is_merge(name) for name in names) or len(set().union(*place.clients.values())) > 1
    if len(names) < 2 or len(exposed) < 2 or not touched or _prefixes_part(work, exposed, members, index):
        return
    # A datastore that keeps keys in another one is no group that could be moved.
    mover = max(exposed, key=lambda name: (name in work.groups, name))
    work.conflicts.add(
        address("logical-db", group.name, index),
        f"{', '.join(names)} would share logical DB {index}, and their keys may collide",
        _moves(mover, group.name, sorted(place.clients[mover]), free),
    )


def _refuse_united(work: Work, group: DatastoreGroup, index: int, place: _Place, free: Iterator[int]) -> None:
    """Keys of one client from several DBs, or DBs that nobody is known to use, that come together in one."""
    part = address("logical-db", group.name, index)
    for name, found in sorted(place.clients.items()):
        sources = sorted(found)
        # One prefix for each member tells members apart, but not what one member kept in two places.
        twice = any(len(place.bringers[user]) > 1 for user in _members(work, name)) and not _disjoint(work, name, found)
        if len(sources) > 1 and name in work.groups and (name in place.exposed or twice):
            told = " and ".join(f"DB {number} of {server}" for server, number in sources)
            settle = _moves(name, group.name, sources[1:], free)
            if not twice:
                together = mapping({"server": group.name, "index": index, "keys": "prefixed"})
                settle += f", or groups[{name}].logical_dbs: [{together}]"
            work.conflicts.add(part, f"keys of {name} from {told} come together in DB {index} and may collide", settle)
    used = set().union(*place.clients.values())
    unused = sorted({source for source, _ in place.sources} - used)
    if unused and len({source for source, _ in place.sources}) > 1:
        told = " and ".join(f"DB {number} of {server}" for server, number in unused)
        settle = retirement(*(address("logical-db", *source) for source in unused))
        work.conflicts.add(part, f"whose keys come from {told} is not known, and they may collide with others", settle)


def _members(work: Work, name: str) -> tuple[str, ...]:
    return work.groups[name].members if name in work.groups else (name,)


def _disjoint(work: Work, name: str, sources: set[Source]) -> bool:
    """Whether the policy knows that the keys of a group have no name in common."""
    choices = [choice_for(work, work.groups[name].lead, *source) for source in sources] if name in work.groups else []
    return all(choice is not None and choice.keys == "disjoint" for choice in choices)


def _moves(name: str, server: str, sources: Sequence[Source], free: Iterator[int]) -> str:
    """The line that gives each of several logical DBs a place of its own."""
    parts = [(address("logical-db", *source), next(free)) for source in sources]
    items = [mapping({"server": server, "part": part, "index": index}) for part, index in parts]
    return f"groups[{name}].logical_dbs: [{', '.join(items)}]"


def _prefixes_part(work: Work, names: Sequence[str], members: Sequence[Datastore], index: int) -> bool:
    """Whether every one of ``names`` says which prefixes its keys have there, and no key can have two of them."""
    prefixes: dict[str, set[str]] = {name: set() for name in names}
    for member in members:
        for edge in work.edges_to.get(member.name, ()):
            name = work.new_name(edge.client)
            if edge.logical_db is None or name not in prefixes:
                continue
            choice = choice_for(work, edge.client, member.name, edge.logical_db)
            if (choice.index if choice else edge.logical_db) == index:
                if not edge.key_prefixes:
                    return False
                prefixes[name].update(edge.key_prefixes)
    return all(prefixes.values()) and not any(
        one.startswith(other) or other.startswith(one)
        for first, second in combinations(names, 2)
        for one in prefixes[first]
        for other in prefixes[second]
    )


def _described(group: DatastoreGroup, places: dict[int, _Place]) -> tuple[LogicalDB, ...]:
    found: dict[int, LogicalDB] = {}
    for index, place in places.items():
        described = [item for _, item in place.sources]
        if described or place.owners:
            found[index] = LogicalDB(
                index=index,
                owners=tuple(sorted(place.owners)),
                purpose="; ".join(dict.fromkeys(item.purpose for item in described if item.purpose)),
                durable=any(item.durable for item in described),
            )
    for stated in group.settings.logical_dbs:
        known = found.get(stated.index)
        found[stated.index] = overlay(known, stated_fields(stated)) if known else stated
    return tuple(found[index] for index in sorted(found))
