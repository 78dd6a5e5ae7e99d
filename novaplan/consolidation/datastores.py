"""Datastores of the target: merged, changed, or as they were."""

from collections.abc import Sequence
from typing import Any

from novaplan.consolidation.combine import Said, overlay, stated_fields
from novaplan.consolidation.policy import DatastoreGroup, LogicalDBChoice
from novaplan.consolidation.work import Work, secret_id
from novaplan.topology.base import replace
from novaplan.topology.datastore import Database, Datastore, LogicalDB
from novaplan.topology.parts import address
from novaplan.topology.service import EnvVar
from novaplan.topology.wiring import Dependency

_LISTS = ("databases", "topics", "consumer_groups")
_KIND_OF = {"databases": "database", "topics": "topic", "consumer_groups": "consumer-group"}


def merge_datastores(work: Work) -> list[Datastore]:
    """Every datastore of the target."""
    grouped = {member for group in work.policy.datastores for member in group.members}
    stores = [_merge(work, group) for group in work.policy.datastores]
    for store in work.current.datastores:
        if store.name not in grouped and not work.retires(address("datastore", store.name)):
            stores.append(_merge(work, DatastoreGroup(name=store.name, members=(store.name,))))
    for part in work.parts:
        if part.startswith(("database:", "schema:", "logical-db:", "topic:", "consumer-group:")):
            work.retires(part)
    return stores


def _merge(work: Work, group: DatastoreGroup) -> Datastore:
    members = [work.current.datastore[name] for name in group.members]
    for member in members:
        work.ledger.record(address("datastore", member.name), address("datastore", group.name))
    base = replace(members[0], name=group.name, **_plain(work, group, members))
    lists = {"databases", "logical_dbs"}
    store = overlay(base, {name: v for name, v in stated_fields(group.settings).items() if name not in lists})
    united: dict[str, Any] = {field: _united(work, group, members, field) for field in _LISTS}
    united["databases"] = _databases(work, group, united["databases"])
    united["logical_dbs"] = _logical_dbs(work, group, members)
    variables = {
        variable.name: _variable(work, member, variable) for member in reversed(members) for variable in member.env
    }
    united["env"] = tuple(variables[name] for name in sorted(variables))
    work.namespaces[group.name] = store.namespace
    return replace(store, **united)


def _plain(work: Work, group: DatastoreGroup, members: Sequence[Datastore]) -> dict[str, Any]:
    """Settings that are one value each: what the servers hold adds up, what they are must agree."""
    if len(members) == 1:
        return {}
    combiner = work.combiner(address("datastore", group.name), f"datastores[{group.name}].settings")
    settled = group.settings.model_fields_set
    values: dict[str, Any] = {"declared": (), "optional": all(member.optional for member in members)}
    values["description"] = "; ".join(dict.fromkeys(member.description for member in members if member.description))
    values["aliases"] = tuple(sorted({alias for member in members for alias in member.aliases}))
    rules = {"storage": "sum", "startup_tier": "max", "disruption_budget": "primary", "spread": "primary"}
    rules |= dict.fromkeys(
        ("namespace", "version", "image", "port", "storage_class", "deployment", "resources", "connections"), "same"
    )
    rules |= {"memory": "same", "persistence": "same"}
    for field, rule in rules.items():
        if field not in settled:
            said = [Said(member.name, getattr(member, field)) for member in members]
            values[field] = combiner.by(rule, field, said)
    return values


def _united(work: Work, group: DatastoreGroup, members: Sequence[Datastore], field: str) -> tuple[Any, ...]:
    found: dict[str, Any] = {}
    owner: dict[str, str] = {}
    for member in members:
        for item in getattr(member, field):
            part, place = (
                address(_KIND_OF[field], member.name, item.name),
                address(_KIND_OF[field], group.name, item.name),
            )
            if part in work.retired:
                continue
            work.ledger.record(part, place)
            first = owner.setdefault(item.name, member.name)
            found.setdefault(item.name, item)
            if first != member.name:
                work.conflicts.add(
                    place,
                    f"{first} and {member.name} each have a {_KIND_OF[field]} {item.name!r}; their contents would mix",
                    f"retire: [{{part: '{part}', reason: ...}}], or no merge of these datastores",
                )
            if field == "databases":
                _record_schemas(work, member.name, group.name, item)
    return tuple(found[name] for name in sorted(found))


def _record_schemas(work: Work, member: str, name: str, database: Database) -> None:
    for schema in database.schemas:
        part = address("schema", member, database.name, schema.name)
        if part not in work.retired:
            work.ledger.record(part, address("schema", name, database.name, schema.name))


def _databases(work: Work, group: DatastoreGroup, databases: Sequence[Database]) -> tuple[Database, ...]:
    """Owners by their new names, then what the policy lays over."""
    found = {database.name: _owned(work, group.name, database) for database in databases}
    for stated in group.settings.databases:
        known = found.get(stated.name)
        if known is None:
            found[stated.name] = stated
            continue
        schemas = {schema.name: schema for schema in known.schemas}
        for schema in stated.schemas:
            base = schemas.get(schema.name)
            schemas[schema.name] = overlay(base, stated_fields(schema)) if base else schema
        ordered = tuple(schemas[name] for name in sorted(schemas))
        plain = {name: value for name, value in stated_fields(stated).items() if name != "schemas"}
        found[stated.name] = replace(overlay(known, plain), schemas=ordered)
    return tuple(found[name] for name in sorted(found))


def _owned(work: Work, store: str, database: Database) -> Database:
    schemas = tuple(
        replace(schema, owner=_owner(work, schema.owner))
        for schema in database.schemas
        if address("schema", store, database.name, schema.name) not in work.retired
    )
    return replace(database, owner=_owner(work, database.owner), schemas=schemas)


def _owner(work: Work, name: str | None) -> str | None:
    return work.new_name(name) if name is not None else None


def _variable(work: Work, store: Datastore, variable: EnvVar) -> EnvVar:
    if variable.secret is not None:
        secret = work.secret(variable.secret.name, store.namespace)
        if secret is not None:
            place = work.secret_places[secret_id(secret)]
            return replace(variable, secret=replace(variable.secret, name=place.name))
    return variable


# ---------------------------------------------------------------- Redis


def choice_for(work: Work, service: str, server: str) -> LogicalDBChoice | None:
    """Where the policy puts the keys that a service of the current topology keeps on ``server`` of the target."""
    group = work.group_of.get(service)
    found = group.logical_dbs if group else ()
    return next((choice for choice in found if choice.server == server), None)


def _logical_dbs(work: Work, group: DatastoreGroup, members: Sequence[Datastore]) -> tuple[LogicalDB, ...]:
    """Each owner's keys go where the policy says or stay where they are; who meets whom there must be settled."""
    clients: dict[int, dict[str, set[tuple[str, int]]]] = {}
    owners: dict[int, set[str]] = {}
    described: dict[int, list[LogicalDB]] = {}
    for member in members:
        used = _users(work, member)
        for logical_db in member.logical_dbs:
            part = address("logical-db", member.name, logical_db.index)
            if part in work.retired:
                continue
            stated = set(logical_db.owners)
            choices = {
                owner: choice_for(work, owner, group.name) for owner in stated | used.get(logical_db.index, set())
            }
            places = {owner: choice.index if choice else logical_db.index for owner, choice in choices.items()}
            for index in sorted(set(places.values()) or {logical_db.index}):
                work.ledger.record(part, address("logical-db", group.name, index))
                described.setdefault(index, []).append(logical_db)
            for owner, index in sorted(places.items()):
                name = work.new_name(owner)
                if name is not None:
                    clients.setdefault(index, {}).setdefault(name, set()).add((member.name, logical_db.index))
                    if owner in stated or index != logical_db.index:
                        owners.setdefault(index, set()).add(name)
    for index in sorted(clients):
        _refuse_collisions(work, group, index, clients[index])
    return _described(group, described, owners)


def _users(work: Work, store: Datastore) -> dict[int, set[str]]:
    used: dict[int, set[str]] = {}
    for edge in work.edges_to.get(store.name, ()):
        if edge.logical_db is not None:
            used.setdefault(edge.logical_db, set()).add(edge.client)
    return used


def _refuse_collisions(work: Work, group: DatastoreGroup, index: int, clients: dict[str, set[tuple[str, int]]]) -> None:
    part = address("logical-db", group.name, index)
    # A DB that was shared before and that no merge touches stays as it is; novaplan check reports it.
    names = sorted(clients)
    touched = any(len(work.members.get(name, ())) > 1 for name in names)
    if len(clients) > 1 and touched and not _prefixes_part(work, clients, group.name, index):
        work.conflicts.add(
            part,
            f"{', '.join(names)} would share Redis DB {index}, and their keys may collide",
            f"groups[{names[-1]}].logical_dbs: [{{server: {group.name}, index: ...}}]",
        )
    for name, sources in sorted(clients.items()):
        if len(sources) < 2:
            continue
        choice = next(
            (c for g in work.policy.groups if g.name == name for c in g.logical_dbs if c.server == group.name), None
        )
        if choice is None or choice.keys is None:
            told = " and ".join(f"DB {number} of {server}" for server, number in sorted(sources))
            work.conflicts.add(
                part,
                f"keys of {name} from {told} come together in DB {index} and may collide",
                f"groups[{name}].logical_dbs: [{{server: {group.name}, index: {index}, keys: prefixed}}]",
            )


def _prefixes_part(work: Work, clients: dict[str, set[tuple[str, int]]], server: str, index: int) -> bool:
    """Whether every client names its prefixes there, and no two of them can match one key."""
    prefixes: list[tuple[str, str]] = []
    for edge in _edges_of(work, server):
        if edge.logical_db == index and work.new_name(edge.client) in clients:
            if not edge.key_prefixes:
                return False
            prefixes += [(work.new_name(edge.client) or "", prefix) for prefix in edge.key_prefixes]
    pairs = [(a, b) for a in prefixes for b in prefixes if a[0] < b[0]]
    return bool(prefixes) and not any(a[1].startswith(b[1]) or b[1].startswith(a[1]) for a, b in pairs)


def _edges_of(work: Work, server: str) -> list[Dependency]:
    names = [old for old, new in work.store_name.items() if new == server]
    return [edge for name in names for edge in work.edges_to.get(name, ())]


def _described(
    group: DatastoreGroup, described: dict[int, list[LogicalDB]], owners: dict[int, set[str]]
) -> tuple[LogicalDB, ...]:
    found: dict[int, LogicalDB] = {}
    for index, sources in described.items():
        found[index] = LogicalDB(
            index=index,
            owners=tuple(sorted(owners.get(index, ()))),
            purpose="; ".join(dict.fromkeys(source.purpose for source in sources if source.purpose)),
            durable=any(source.durable for source in sources),
        )
    for stated in group.settings.logical_dbs:
        known = found.get(stated.index)
        found[stated.index] = overlay(known, stated_fields(stated)) if known else stated
    return tuple(found[index] for index in sorted(found))
