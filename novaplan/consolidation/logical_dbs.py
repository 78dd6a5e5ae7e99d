"""Logical DBs of memory stores: each owner's keys go where the policy says, or stay under their number; who meets whom
there must be settled, because two clients of one DB overwrite each other's keys."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, count

from novaplan.consolidation.combine import overlay, stated_fields
from novaplan.consolidation.policy import DatastoreGroup, LogicalDBChoice
from novaplan.consolidation.work import Work, retirement
from novaplan.topology.datastore import Datastore, LogicalDB
from novaplan.topology.parts import address
from novaplan.topology.wiring import Dependency

Source = tuple[str, int]
"""A logical DB of the current topology: server and index."""


@dataclass(slots=True)
class _Place:
    """One logical DB of the target."""

    clients: dict[str, set[Source]] = field(default_factory=lambda: defaultdict(set))
    """Who keeps keys there, and where those come from."""
    owners: set[str] = field(default_factory=set)
    sources: list[tuple[Source, LogicalDB]] = field(default_factory=list)


def choice_for(work: Work, service: str, server: str) -> LogicalDBChoice | None:
    """Where the policy puts the keys that a service of the current topology keeps on ``server`` of the target."""
    group = work.group_of.get(service)
    return _choice(work, group.name, server) if group else None


def _choice(work: Work, name: str, server: str) -> LogicalDBChoice | None:
    """As ``choice_for``, of a service of the target."""
    group = work.groups.get(name)
    return next((choice for choice in group.logical_dbs if choice.server == server), None) if group else None


def merge_logical_dbs(work: Work, group: DatastoreGroup, members: Sequence[Datastore]) -> tuple[LogicalDB, ...]:
    """The logical DBs of a datastore of the target."""
    places: dict[int, _Place] = defaultdict(_Place)
    for member in members:
        declared = {item.index: item for item in member.logical_dbs}
        users = _users(work, member)
        for index in sorted(declared.keys() | users.keys()):
            part = address("logical-db", member.name, index)
            if not work.retires(part):
                _move(work, group, (member.name, index), declared.get(index), users.get(index, set()), places)
    for index in sorted(places):
        _refuse_shared(work, group, members, index, places)
        _refuse_united(work, group, index, places[index])
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
    into = {}
    for user in sorted(stated | users):
        choice = choice_for(work, user, group.name)
        into[user] = choice.index if choice else old
        if choice is not None:
            work.used_choices.add((work.group_of[user].name, group.name))
    for index in sorted(set(into.values()) or {old}):
        if declared is not None:
            work.ledger.record(address("logical-db", server, old), address("logical-db", group.name, index))
            places[index].sources.append((source, declared))
    for user, index in into.items():
        name = work.new_name(user)
        if name is not None:
            places[index].clients[name].add(source)
            if user in stated or index != old:
                places[index].owners.add(name)


def _refuse_shared(
    work: Work, group: DatastoreGroup, members: Sequence[Datastore], index: int, places: dict[int, _Place]
) -> None:
    """Several clients in one DB. One that was shared before and that nothing touches stays for ``novaplan check``."""
    place = places[index]
    names = sorted(place.clients)
    origins = set().union(*place.clients.values())
    touched = any(work.is_merge(name) for name in names) or len(origins) > 1
    exposed = [name for name in names if not _keys_settled(work, name, group.name, index)]
    if len(names) < 2 or len(exposed) < 2 or not touched or _prefixes_part(work, exposed, members, index):
        return
    free = next(number for number in count() if number not in places)
    mover = max(exposed, key=lambda name: (name in work.groups, name))
    work.conflicts.add(
        address("logical-db", group.name, index),
        f"{', '.join(names)} would share logical DB {index}, and their keys may collide",
        f"groups[{mover}].logical_dbs: [{{server: {group.name}, index: {free}, keys: prefixed}}]",
    )


def _refuse_united(work: Work, group: DatastoreGroup, index: int, place: _Place) -> None:
    """Keys of one client from several DBs, or DBs that nobody is known to use, that come together in one."""
    part = address("logical-db", group.name, index)
    for name, sources in sorted(place.clients.items()):
        if len(sources) > 1 and not _keys_settled(work, name, group.name, index):
            told = " and ".join(f"DB {number} of {server}" for server, number in sorted(sources))
            work.conflicts.add(
                part,
                f"keys of {name} from {told} come together in logical DB {index} and may collide",
                f"groups[{name}].logical_dbs: [{{server: {group.name}, index: {index}, keys: prefixed}}]",
            )
    unused = sorted(source for source, _ in place.sources if not any(source in s for s in place.clients.values()))
    if unused and len({source for source, _ in place.sources}) > 1:
        told = " and ".join(f"DB {number} of {server}" for server, number in unused)
        settle = " and ".join(retirement(address("logical-db", *source)) for source in unused)
        work.conflicts.add(part, f"whose keys come from {told} is not known, and they may collide with others", settle)


def _keys_settled(work: Work, name: str, server: str, index: int) -> bool:
    choice = _choice(work, name, server)
    return choice is not None and choice.index == index and choice.keys is not None


def _prefixes_part(work: Work, names: Sequence[str], members: Sequence[Datastore], index: int) -> bool:
    """Whether every one of ``names`` says which prefixes its keys have there, and no key can have two of them."""
    prefixes: dict[str, set[str]] = {name: set() for name in names}
    for edge in _edges_into(work, members, index):
        name = work.new_name(edge.client)
        if name in prefixes:
            if not edge.key_prefixes:
                return False
            prefixes[name].update(edge.key_prefixes)
    return all(prefixes.values()) and not any(
        one.startswith(other) or other.startswith(one)
        for first, second in combinations(names, 2)
        for one in prefixes[first]
        for other in prefixes[second]
    )


def _edges_into(work: Work, members: Sequence[Datastore], index: int) -> list[Dependency]:
    found = []
    for member in members:
        for edge in work.edges_to.get(member.name, ()):
            choice = choice_for(work, edge.client, work.store_name[member.name])
            if edge.logical_db is not None and (choice.index if choice else edge.logical_db) == index:
                found.append(edge)
    return found


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
