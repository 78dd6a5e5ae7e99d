"""The consolidation policy: which services become one, how their settings combine, and what settles a conflict.

A policy is a file a person edits. It names groups of services and of datastores, says by which rule each setting
combines where N become one (``Rules``), and states values where no rule may choose (``settings``). It decides nothing
silently: what neither a rule nor a value settles is a conflict, and the consolidation is refused.
"""

from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from novaplan.consolidation.rules import Rules
from novaplan.consolidation.settings import DatastoreSettings, DependencySettings, ServiceSettings
from novaplan.documents.positions import Document
from novaplan.topology.base import Count, HostName, Label, Model, Name, by_name
from novaplan.topology.datastore import External
from novaplan.topology.wiring import Dependency, Mode, Namespace, Secret


class LogicalDBChoice(Model):
    """Where a group keeps its Redis keys."""

    server: Name
    """A datastore of the target."""
    part: Label | None = None
    """The logical DB of the current topology it is about, such as ``logical-db:redis/3``; absent: every one on that
    server for which there is no choice of its own."""
    index: Count
    keys: Literal["disjoint", "prefixed"] | None = None
    """Why keys that come together cannot collide: they are known to be ``disjoint``, or each member's keys get its name
    as a prefix (``prefixed``) when they move."""


class Group(Model):
    """Services that become one."""

    name: Name
    members: Annotated[tuple[Name, ...], Field(min_length=1)]
    primary: Name | None = None
    """The member whose values the rule ``primary`` takes; absent: the first one. The order of the others carries no
    meaning."""
    internal: Literal["in-process", "loopback"] | None = None
    """What becomes of calls between members: a function call, or a call over the loopback interface."""
    keep_names: bool = False
    """The members' DNS names go on as aliases."""
    secret: Name | None = None
    """Name of the merged secret; absent: the group's name and ``-secret``."""
    rules: Rules | None = None
    """In place of the policy's rules, for the fields stated here."""
    settings: ServiceSettings = ServiceSettings()
    logical_dbs: tuple[LogicalDBChoice, ...] = ()
    """Where its keys go; those without a choice stay under their numbers."""

    @property
    def lead(self) -> str:
        """The primary member."""
        return self.primary or self.members[0]

    @property
    def others(self) -> list[str]:
        """The members that are not the primary, in the one order that counts."""
        return sorted(set(self.members) - {self.lead})

    @property
    def secret_name(self) -> str:
        """What the merged secret is called."""
        return self.secret or f"{self.name}-secret"


class DatastoreGroup(Model):
    """Datastores of one kind that become one, or one that changes. Datastores that no group names stay as they are."""

    name: Name
    members: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The first is the primary: its values are taken where none of the others' could be better."""
    settings: DatastoreSettings = DatastoreSettings()


class DependencyMatch(Model):
    """Which dependencies a choice is about; ``client`` and ``server`` are names of the target. What is absent matches
    everything."""

    client: HostName | None = None
    server: HostName | None = None
    mode: Mode | None = None
    database: Label | None = None
    logical_db: Count | None = None
    topic: Label | None = None
    group: Label | None = None
    handler: Label | None = None


class DependencyChoice(Model):
    """Values for some dependencies. Choices are applied in their order, so a later one sees what an earlier one set."""

    match: DependencyMatch
    set: DependencySettings


class RouteChoices(Model):
    """What becomes of the routes."""

    gateway: Literal["keep", "ingress"] = "keep"
    """``ingress``: routes that a gateway service forwarded are forwarded by an Ingress instead."""
    host: Label | None = None
    """The host of every route that names none."""
    tls_secret: Label | None = None
    """Serve every HTTP route with TLS, with the certificate of this secret."""


class Retirement(Model):
    """A part of the current topology that has no place in the target, and why."""

    part: Label
    """Its address, such as ``secret:old-credentials``; everything inside it goes with it, but nothing that refers to
    it."""
    reason: Annotated[str, Field(min_length=1)]


class Additions(Model):
    """Parts of the target that nothing in the current topology becomes."""

    externals: tuple[External, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    secrets: tuple[Secret, ...] = ()


class Policy(Model):
    """How a topology is consolidated."""

    format: Literal["novaplan/policy/v1"] = "novaplan/policy/v1"
    name: Annotated[str, Field(min_length=1, max_length=253)]
    description: str = ""
    target: Annotated[str, Field(min_length=1, max_length=253)] = "target"
    """Name of the topology that comes out."""
    target_description: str = ""
    """Absent: as that of the current topology."""
    rules: Rules = Rules()
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    """Every service of the current topology is in exactly one."""
    datastores: tuple[DatastoreGroup, ...] = ()
    dependencies: tuple[DependencyChoice, ...] = ()
    routes: RouteChoices = RouteChoices()
    namespaces: Annotated[tuple[Namespace, ...], by_name] = ()
    """Namespaces of the target that the current topology lacks, or lacks a description of."""
    add: Additions = Additions()
    retire: tuple[Retirement, ...] = ()

    _document: Document | None = PrivateAttr(default=None)

    @property
    def document(self) -> Document:
        """The file it was read from, so that an error can point there; an empty one for a policy made in Python."""
        return self._document or Document({}, f"policy {self.name}", 1)

    def rules_of(self, group: Group) -> Rules:
        """The rules that hold for a group: its own, and the policy's where it states none."""
        if group.rules is None:
            return self.rules
        own = {name: getattr(group.rules, name) for name in group.rules.model_fields_set}
        return self.rules.model_copy(update=own)
