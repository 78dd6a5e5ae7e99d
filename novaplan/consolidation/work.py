"""What a consolidation in progress knows: both sides' names, and the notes taken on the way."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from novaplan.consolidation.conflicts import Conflicts
from novaplan.consolidation.hosts import Host
from novaplan.consolidation.ledger import Ledger
from novaplan.consolidation.policy import Group, Policy
from novaplan.topology.base import Model
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import SYSTEM, address, parent_of, secret_address, split
from novaplan.topology.service import Port, Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Secret

SecretId = tuple[str | None, str]
"""Namespace and name."""


@dataclass
class Work:
    """One consolidation. Each module of this package fills in its part and reads those of the others."""

    current: Topology
    policy: Policy
    conflicts: Conflicts = field(default_factory=Conflicts)
    ledger: Ledger = field(default_factory=Ledger)
    ports: dict[tuple[str, str], Port] = field(default_factory=dict)
    """(service, name of a port) of the current topology -> that port in the target."""
    store_ports: dict[str, int | None] = field(default_factory=dict)
    """Datastore of the target -> the port it listens on."""
    namespaces: dict[str, str | None] = field(default_factory=dict)
    """Service or datastore of the target -> its namespace."""
    secret_names: dict[SecretId, str] = field(default_factory=dict)
    """Secret of the current topology -> its name in the target."""
    secret_keys: dict[SecretId, set[str]] = field(default_factory=dict)
    """Secret of the target -> names of its keys."""
    store_parts: set[str] = field(default_factory=set)
    """Addresses of what the datastores of the target hold."""
    rewired: dict[tuple[str, str], str] = field(default_factory=dict)
    """(service of the target, database it used to use) -> the database the policy gives it instead."""
    used_choices: set[int | tuple[str, str, str | None]] = field(default_factory=set)
    """What of the policy has been of use: positions of dependency choices, and (group, server, part) of logical DBs."""

    @cached_property
    def parts(self) -> dict[str, Model]:
        """The parts of the current topology."""
        return split(self.current)

    @cached_property
    def group_of(self) -> dict[str, Group]:
        """Service of the current topology -> its group."""
        return {member: group for group in self.policy.groups for member in group.members}

    @cached_property
    def groups(self) -> dict[str, Group]:
        """Service of the target -> its group."""
        return {group.name: group for group in self.policy.groups}

    @cached_property
    def merged_secrets(self) -> dict[str, str]:
        """Name of a merged secret -> its group."""
        return {group.secret_name: group.name for group in reversed(self.policy.groups)}

    @cached_property
    def edges_to(self) -> dict[str, list[Dependency]]:
        """Server of the current topology -> the dependencies on it."""
        found: dict[str, list[Dependency]] = defaultdict(list)
        for edge in self.current.dependencies:
            found[edge.server].append(edge)
        return found

    @cached_property
    def store_name(self) -> dict[str, str]:
        """Datastore of the current topology -> its name in the target."""
        names = {store.name: store.name for store in self.current.datastores}
        return names | {member: group.name for group in self.policy.datastores for member in group.members}

    @cached_property
    def retired(self) -> dict[str, str]:
        """Address -> reason, for everything the policy retires, with what is inside it."""
        stated = {item.part: item.reason for item in self.policy.retire}
        if not stated:
            return {}
        found = dict(stated)
        for part in self.parts:  # a parent comes before what is inside it
            if part != SYSTEM and part not in found and (reason := found.get(parent_of(part))) is not None:
                found[part] = reason
        return found

    def retires(self, part: str) -> bool:
        """Whether the policy retires ``part``."""
        return part in self.retired

    def new_name(self, name: str) -> str | None:
        """What a service, datastore or external is called in the target; None when it is retired."""
        if name in self.group_of:
            return self.group_of[name].name
        if name in self.store_name:
            return None if address("datastore", name) in self.retired else self.store_name[name]
        if name in self.current.external:
            return None if address("external", name) in self.retired else name
        return None

    def is_merge(self, name: str) -> bool:
        """Whether a service of the target is made of several."""
        return name in self.groups and len(self.groups[name].members) > 1

    def owner(self, name: str) -> Service | Datastore | None:
        """The service or datastore of that name in the current topology."""
        return self.current.service.get(name) or self.current.datastore.get(name)

    def means(self, host: Host) -> Service | Datastore | None:
        """The service or datastore that a host name means: one whose name it is, in its own namespace or in none."""
        owner = self.owner(host.name)
        if owner is None or host.namespace is None:
            return owner
        in_cluster = host.domain == ".svc" or host.domain.startswith(".svc.")
        if owner.namespace is not None:
            return owner if host.namespace == owner.namespace and (in_cluster or not host.domain) else None
        declared = not host.domain and any(space.name == host.namespace for space in self.current.namespaces)
        return owner if in_cluster or declared else None

    @cached_property
    def _secrets_by_name(self) -> dict[str, list[Secret]]:
        found: dict[str, list[Secret]] = defaultdict(list)
        for secret in self.current.secrets:
            found[secret.name].append(secret)
        return found

    def secret(self, name: str, namespace: str | None) -> Secret | None:
        """The secret that ``name`` means to somebody in ``namespace``."""
        candidates = self._secrets_by_name.get(name, [])
        exact = [secret for secret in candidates if secret.namespace == namespace]
        found = exact or (candidates if len(candidates) == 1 else [])
        return found[0] if found else None


def secret_id(secret: Secret) -> SecretId:
    """What tells a secret from every other one."""
    return (secret.namespace, secret.name)


def own_address(secret: Secret) -> str:
    """The address of a secret."""
    return secret_address(secret.name, secret.namespace)
