"""What a consolidation in progress knows: both sides' names, and the notes taken on the way."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from novaplan.consolidation.combine import Combiner
from novaplan.consolidation.conflicts import Conflicts
from novaplan.consolidation.ledger import Ledger
from novaplan.consolidation.policy import Group, Policy
from novaplan.topology.base import Model
from novaplan.topology.parts import address, secret_address, split
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Secret

SecretId = tuple[str | None, str]
"""Namespace and name."""


@dataclass(slots=True)
class SecretPlace:
    """Where the keys of a secret go: the name of a merged secret, or its own."""

    name: str
    merged_into: Group | None = None


@dataclass
class Work:
    """One consolidation. Each module of this package fills in its part and reads those of the others."""

    current: Topology
    policy: Policy
    conflicts: Conflicts = field(default_factory=Conflicts)
    ledger: Ledger = field(default_factory=Ledger)
    ports: dict[tuple[str, str], str] = field(default_factory=dict)
    """(service, name of a port) of the current topology -> name of the port in the target."""
    services: dict[str, Service] = field(default_factory=dict)
    """Services of the target, once they are merged."""
    secret_places: dict[SecretId, SecretPlace] = field(default_factory=dict)
    namespaces: dict[str, str | None] = field(default_factory=dict)
    """Service or datastore of the target -> its namespace."""

    @cached_property
    def parts(self) -> dict[str, Model]:
        """The parts of the current topology."""
        return split(self.current)

    @cached_property
    def group_of(self) -> dict[str, Group]:
        """Service of the current topology -> its group."""
        return {member: group for group in self.policy.groups for member in group.members}

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Service of the target -> the services it is made of."""
        return {group.name: group.members for group in self.policy.groups}

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
        inside = {f"{part.partition(':')[2]}/": reason for part, reason in stated.items()}
        parents = tuple(inside)
        found = dict(stated)
        for part in self.parts:
            kind, _, path = part.partition(":")
            if part not in found and kind not in ("dependency", "route", "object") and path.startswith(parents):
                found[part] = next(reason for parent, reason in inside.items() if path.startswith(parent))
        return found

    def new_name(self, name: str) -> str | None:
        """What a service, datastore or external is called in the target; None when it is retired."""
        if name in self.group_of:
            return self.group_of[name].name
        if name in self.store_name:
            return None if address("datastore", name) in self.retired else self.store_name[name]
        if name in self.current.external:
            return None if address("external", name) in self.retired else name
        return None

    def combiner(self, subject: str, path: str) -> Combiner:
        """A combiner that notes its conflicts here."""
        return Combiner(subject=subject, policy_path=path, conflicts=self.conflicts)

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

    def retires(self, part: str) -> bool:
        """Whether the policy retires ``part``; notes it in the ledger."""
        if part in self.retired:
            self.ledger.retire(part, self.retired[part])
            return True
        return False


def secret_id(secret: Secret) -> SecretId:
    """What tells a secret from every other one."""
    return (secret.namespace, secret.name)


def own_address(secret: Secret) -> str:
    """The address of a secret."""
    return secret_address(secret.name, secret.namespace)
