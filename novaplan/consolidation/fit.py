"""Whether a policy fits the topology it is applied to."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from novaplan.consolidation.policy import Group, Policy
from novaplan.consolidation.settings import DependencySettings
from novaplan.errors import PolicyError, nearest
from novaplan.topology.base import Model, duplicates
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import SYSTEM, split
from novaplan.topology.service import Container, Service
from novaplan.topology.system import Topology
from novaplan.topology.validation import placed
from novaplan.topology.wiring import Dependency

Path = tuple[str | int, ...]
Finding = tuple[Path, str]


def require_fit(policy: Policy, topology: Topology) -> None:
    """Raise ``PolicyError`` with every name that does not fit, or return."""
    names = _Names(policy, topology)
    checks = (_groups, _datastores, _settings, _owners, _dependencies, _routes, _additions, _retirements)
    _refuse(policy, [finding for check in checks for finding in check(names)])


def require_use(policy: Policy, used: Collection[int | tuple[str, str, str | None]]) -> None:
    """Raise ``PolicyError`` with every choice that was about nothing, or return."""
    findings: list[Finding] = []
    for index, choice in enumerate(policy.dependencies):
        if index not in used:
            told = ", ".join(f"{name}: {value}" for name, value in choice.match if value is not None)
            findings.append((("dependencies", index, "match"), f"no dependency of the target matches {{{told}}}"))
    for index, group in enumerate(policy.groups):
        for position, place in enumerate(group.logical_dbs):
            if (group.name, place.server, place.part) not in used:
                message = f"no member of {group.name} uses {place.part or f'a logical DB of {place.server}'}"
                findings.append(
                    (("groups", index, "logical_dbs", position, "part" if place.part else "server"), message)
                )
    _refuse(policy, findings)


def _refuse(policy: Policy, findings: Sequence[Finding]) -> None:
    if findings:
        raise PolicyError([placed(policy.document, path, message) for path, message in findings])


@dataclass
class _Names:
    """What is called how, on both sides."""

    policy: Policy
    topology: Topology

    @cached_property
    def services(self) -> set[str]:
        return {group.name for group in self.policy.groups}

    @cached_property
    def grouped_stores(self) -> set[str]:
        return {member for group in self.policy.datastores for member in group.members}

    @cached_property
    def lone_stores(self) -> set[str]:
        return {store.name for store in self.topology.datastores} - self.grouped_stores

    @cached_property
    def stores(self) -> set[str]:
        return self.lone_stores | {group.name for group in self.policy.datastores}

    @cached_property
    def externals(self) -> set[str]:
        return {*self.topology.external, *(item.name for item in self.policy.add.externals)}

    @cached_property
    def namespaces(self) -> set[str]:
        return {item.name for items in (self.topology.namespaces, self.policy.namespaces) for item in items}

    @cached_property
    def becomes(self) -> dict[str, str]:
        services = {member: group.name for group in self.policy.groups for member in group.members}
        return services | {member: group.name for group in self.policy.datastores for member in group.members}

    def unknown(self, what: str, name: str, known: Collection[str]) -> str:
        """Names of the target are asked for, and those of today are what people know."""
        new = self.becomes.get(name)
        return f"there is no {what} {name!r}; it becomes {new!r}" if new in known else _unknown(what, name, known)


def _groups(names: _Names) -> Iterator[Finding]:
    home: dict[str, str] = {}
    policy, topology = names.policy, names.topology
    for index, group in enumerate(policy.groups):
        place: Path = ("groups", index)
        for position, member in enumerate(group.members):
            if member not in topology.service:
                yield (*place, "members", position), _unknown("service", member, topology.service)
            elif member in home:
                yield (*place, "members", position), f"{member!r} is already in group {home[member]!r}; keep it in one"
            home.setdefault(member, group.name)
        if group.primary is not None and group.primary not in group.members:
            hint = nearest(group.primary, group.members)
            yield (*place, "primary"), f"{group.primary!r} is no member of the group{hint}"
        for position, (server, part) in duplicates(group.logical_dbs, lambda choice: (choice.server, choice.part)):
            told = f"{part or 'everything else'} on {server}"
            yield (*place, "logical_dbs", position), f"{told} has two choices in this group; keep one"
        if group.name in names.lone_stores | names.externals:
            yield (*place, "name"), f"{group.name!r} is the name of something else in the target"
        for position, choice in enumerate(group.logical_dbs):
            if choice.server not in names.stores:
                message = names.unknown("datastore of the target", choice.server, names.stores)
                yield (*place, "logical_dbs", position, "server"), message
    for index, name in duplicates(policy.groups, lambda group: group.name):
        yield ("groups", index, "name"), f"there are two groups {name!r}; keep one"
    left = [name for name in topology.service if name not in home]
    if left:
        yield ("groups",), f"no group has {', '.join(sorted(left))}; give each a group, if only of its own"


def _datastores(names: _Names) -> Iterator[Finding]:
    home: dict[str, str] = {}
    policy, topology = names.policy, names.topology
    retired = {retirement.part for retirement in policy.retire}
    for index, group in enumerate(policy.datastores):
        place: Path = ("datastores", index)
        kinds: dict[str, str] = {}
        for position, member in enumerate(group.members):
            store = topology.datastore.get(member)
            if store is None:
                yield (*place, "members", position), _unknown("datastore", member, topology.datastore)
            elif member in home:
                yield (*place, "members", position), f"{member!r} is already in group {home[member]!r}; keep it in one"
            elif f"datastore:{member}" in retired:
                yield (*place, "members", position), f"{member!r} is retired below; take it out here or there"
            else:
                kinds.setdefault(store.kind, member)
            home.setdefault(member, group.name)
        if len(kinds) > 1:
            told = " and ".join(f"{name} ({kind})" for kind, name in kinds.items())
            yield (*place, "members"), f"{told} cannot become one server"
        if group.name in names.services | names.lone_stores | names.externals:
            yield (*place, "name"), f"{group.name!r} is the name of something else in the target"
    for index, name in duplicates(policy.datastores, lambda group: group.name):
        yield ("datastores", index, "name"), f"there are two groups {name!r}; keep one"


def _settings(names: _Names) -> Iterator[Finding]:
    """Namespaces and names that values speak of, and values that nothing can have."""
    policy = names.policy
    running = names.services | names.stores
    for collection, model in (("groups", Service), ("datastores", Datastore)):
        for index, group in enumerate(getattr(policy, collection)):
            place: Path = (collection, index, "settings")
            namespace = group.settings.namespace
            if namespace is not None and namespace not in names.namespaces:
                hint = nearest(namespace, names.namespaces) or "; declare it under namespaces"
                yield (*place, "namespace"), f"there is no namespace {namespace!r}{hint}"
            yield from _empty(place, group.settings, model, Container)
            for container in getattr(group.settings, "containers", ()):
                if container.kind == "main":
                    message = "say of which kind this sidecar is; the main container is stated field by field"
                    yield (*place, "containers", container.name), message
            if isinstance(group, Group) and group.settings.startup is not None:
                for name in group.settings.startup.wait_for:
                    if name not in running:
                        message = names.unknown("service or datastore of the target", name, running)
                        yield (*place, "startup", "wait_for"), message


def _empty(place: Path, stated: Model, *models: type[Model]) -> Iterator[Finding]:
    """``null`` takes a value away where there need be none; elsewhere it says nothing."""
    for name in sorted(stated.model_fields_set):
        if getattr(stated, name) is None:
            field = next(model.model_fields[name] for model in models if name in model.model_fields)
            if field.default is not None:
                yield (*place, name), "cannot be null; leave it out to keep what the rules give"


def _owners(names: _Names) -> Iterator[Finding]:
    for index, group in enumerate(names.policy.datastores):
        place: Path = ("datastores", index, "settings")
        owners: list[tuple[Path, str | None]] = []
        for database in group.settings.databases:
            inside: Path = (*place, "databases", database.name)
            owners.append(((*inside, "owner"), database.owner))
            owners += [((*inside, "schemas", schema.name, "owner"), schema.owner) for schema in database.schemas]
        for position, item in enumerate(group.settings.logical_dbs):
            owners += [((*place, "logical_dbs", position, "owners"), owner) for owner in item.owners]
        for path, owner in owners:
            if owner is not None and owner not in names.services:
                yield path, names.unknown("service of the target", owner, names.services)


def _dependencies(names: _Names) -> Iterator[Finding]:
    everything = names.services | names.stores | names.externals
    for index, item in enumerate(names.policy.dependencies):
        for end in ("client", "server"):
            name = getattr(item.match, end)
            if name is not None and name not in everything:
                message = names.unknown("service, datastore or external of the target", name, everything)
                yield ("dependencies", index, "match", end), message
        yield from _empty(("dependencies", index, "set"), item.set, Dependency, DependencySettings)


def _routes(names: _Names) -> Iterator[Finding]:
    secret = names.policy.routes.tls_secret
    known = {item.name for items in (names.topology.secrets, names.policy.add.secrets) for item in items}
    if secret is not None and secret not in known:
        yield ("routes", "tls_secret"), _unknown("secret", secret, known)


def _additions(names: _Names) -> Iterator[Finding]:
    add = names.policy.add
    running = names.services | names.stores
    before = running | set(names.topology.external)
    for index, external in enumerate(add.externals):
        if external.name in before or external.name in {item.name for item in add.externals[:index]}:
            yield (
                ("add", "externals", index, "name"),
                f"{external.name!r} is already the name of something in the target",
            )
    for index, edge in enumerate(add.dependencies):
        if edge.client not in running:
            message = names.unknown("service or datastore of the target", edge.client, running)
            yield ("add", "dependencies", index, "client"), message
        if edge.server not in running | names.externals:
            known = running | names.externals
            message = names.unknown("service, datastore or external of the target", edge.server, known)
            yield ("add", "dependencies", index, "server"), message
    for index, secret in enumerate(add.secrets):
        if secret.namespace is not None and secret.namespace not in names.namespaces:
            hint = nearest(secret.namespace, names.namespaces) or "; declare it under namespaces"
            yield ("add", "secrets", index, "namespace"), f"there is no namespace {secret.namespace!r}{hint}"


def _retirements(names: _Names) -> Iterator[Finding]:
    if not names.policy.retire:
        return
    parts = split(names.topology)
    for index, retirement in enumerate(names.policy.retire):
        place: Path = ("retire", index, "part")
        if retirement.part.startswith("service:"):
            yield (
                place,
                "a service is not retired but put into a group; what nobody needs of it is retired part by part",
            )
        elif retirement.part == SYSTEM or retirement.part not in parts:
            yield place, _unknown("part with the address", retirement.part, parts.keys() - {SYSTEM})


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} {name!r}{nearest(name, known)}"
