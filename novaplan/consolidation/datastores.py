"""Datastores of the target: merged, changed, or as they were."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from novaplan.consolidation.combine import Combiner, Said, overlay, stated_fields
from novaplan.consolidation.conflicts import flow, retirement
from novaplan.consolidation.logical_dbs import merge_logical_dbs
from novaplan.consolidation.policy import DatastoreGroup
from novaplan.consolidation.variables import moved_variable
from novaplan.consolidation.work import Work
from novaplan.topology.base import Model, replace
from novaplan.topology.datastore import Connections, Database, Datastore, MemoryPolicy
from novaplan.topology.parts import address
from novaplan.topology.service import Probes, Resources

_KIND_OF = {"databases": "database", "topics": "topic", "consumer_groups": "consumer-group"}
_LISTS = {"databases", "logical_dbs", "env"}
_RULES = {
    "storage": "sum",
    "startup_tier": "max",
    "disruption_budget": "primary",
    "spread": "primary",
    **dict.fromkeys(("namespace", "version", "image", "port", "storage_class", "deployment", "resources"), "same"),
    **dict.fromkeys(("connections", "memory", "persistence", "probes"), "same"),
}
"""What the servers hold adds up, what they are must agree."""
_UNSTATED: tuple[Model, ...] = (Resources(), Connections(), MemoryPolicy(), Probes())
"""Values that say nothing: a server without limits in the file has some, which are not known."""


def merge_datastores(work: Work) -> list[Datastore]:
    """Every datastore of the target, without its variables."""
    return [_merge(work, group) for group in groups_of(work)]


def groups_of(work: Work) -> list[DatastoreGroup]:
    """The policy's groups, and one of its own for each datastore that it does not name."""
    grouped = {member for group in work.policy.datastores for member in group.members}
    alone = [store.name for store in work.current.datastores if store.name not in grouped]
    living = [name for name in alone if not work.retires(address("datastore", name))]
    return [*work.policy.datastores, *(DatastoreGroup(name=name, members=(name,)) for name in living)]


def _members(work: Work, group: DatastoreGroup) -> list[Datastore]:
    first, *others = group.members
    return [work.current.datastore[name] for name in (first, *sorted(others))]


def _combiner(work: Work, group: DatastoreGroup) -> Combiner:
    named = group in work.policy.datastores

    def settle(setting: str) -> str:
        stated = setting if ": " in setting else f"{setting}: ..."
        if named:
            return f"datastores[{group.name}].settings.{stated}"
        name = flow(group.name)
        return f"datastores: [{{name: {name}, members: [{name}], settings: {{{stated}}}}}]"

    return Combiner(subject=address("datastore", group.name), settle=settle, conflicts=work.conflicts)


def _merge(work: Work, group: DatastoreGroup) -> Datastore:
    members = _members(work, group)
    for member in members:
        work.ledger.record(address("datastore", member.name), address("datastore", group.name))
    plain = {name: value for name, value in stated_fields(group.settings).items() if name not in _LISTS}
    base = replace(members[0], name=group.name)
    if len(members) > 1:
        # Stated values are laid over every member first, so that the rules see only what is left to them.
        base = replace(base, **_combined([overlay(member, plain) for member in members], _combiner(work, group)))
    store = overlay(base, plain)
    united: dict[str, Any] = {field: _united(work, group, members, field) for field in _KIND_OF}
    united["databases"] = _laid_over(group, united["databases"])
    united["logical_dbs"] = merge_logical_dbs(work, group, members)
    work.namespaces[group.name] = store.namespace
    work.store_ports[group.name] = store.port
    for field, kind in (*_KIND_OF.items(), ("logical_dbs", "logical-db")):
        work.store_parts.update(
            address(kind, group.name, getattr(item, "name", "") or item.index) for item in united[field]
        )
    for database in united["databases"]:
        work.store_parts.update(address("schema", group.name, database.name, item.name) for item in database.schemas)
    return replace(store, **united, env=())


def _combined(members: Sequence[Datastore], combiner: Combiner) -> dict[str, Any]:
    """Settings that are one value each."""
    values: dict[str, Any] = {"declared": (), "optional": all(member.optional for member in members)}
    values["description"] = "; ".join(dict.fromkeys(member.description for member in members if member.description))
    values["aliases"] = tuple(sorted({alias for member in members for alias in member.aliases}))
    for field, rule in _RULES.items():
        said = [Said(member.name, getattr(member, field)) for member in members]
        stated = [item for item in said if item.value not in _UNSTATED]
        values[field] = combiner.by(rule, field, stated or said)
    return values


def _united(work: Work, group: DatastoreGroup, members: Sequence[Datastore], field: str) -> tuple[Any, ...]:
    """What the members hold, side by side."""
    kind = _KIND_OF[field]
    found: dict[str, Any] = {}
    owner: dict[str, str] = {}
    for member in members:
        for item in getattr(member, field):
            part, place = address(kind, member.name, item.name), address(kind, group.name, item.name)
            if work.retires(part):
                continue
            work.ledger.record(part, place)
            moved = _moved_database(work, member.name, group.name, item) if isinstance(item, Database) else item
            first = owner.setdefault(item.name, member.name)
            found.setdefault(item.name, moved)
            if first != member.name:
                work.conflicts.add(
                    place,
                    f"{first} and {member.name} each have a {kind} {item.name!r}; their contents would mix",
                    retirement(part),
                )
    return tuple(found[name] for name in sorted(found))


def _moved_database(work: Work, old: str, new: str, database: Database) -> Database:
    """A database whose owners have their names of the target."""
    schemas = []
    for schema in database.schemas:
        part = address("schema", old, database.name, schema.name)
        if not work.retires(part):
            work.ledger.record(part, address("schema", new, database.name, schema.name))
            schemas.append(replace(schema, owner=_owner(work, schema.owner)))
    return replace(database, owner=_owner(work, database.owner), schemas=tuple(schemas))


def _owner(work: Work, name: str | None) -> str | None:
    return work.new_name(name) if name is not None else None


def _laid_over(group: DatastoreGroup, databases: Sequence[Database]) -> tuple[Database, ...]:
    """What the policy lays over the databases, schema by schema."""
    found = {database.name: database for database in databases}
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


def with_env(work: Work, store: Datastore, group: DatastoreGroup) -> Datastore:
    """``store`` with the variables of its members; they have no addresses of their own and stand in the datastore."""
    combiner = _combiner(work, group)
    own = {variable.name: variable for variable in group.settings.env}
    items = []
    for member in _members(work, group):
        for variable in member.env:
            if variable.name not in own:
                settle = combiner.settle(f"env: [{{name: {flow(variable.name)}, ...}}]")
                moved = moved_variable(work, member.name, variable, address("datastore", member.name), settle)
                items.append(Said(member.name, moved))
    united = [*combiner.keyed("same", "env", items), *own.values()]
    return replace(store, env=tuple(sorted(united, key=attrgetter("name"))))
