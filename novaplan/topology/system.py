"""The topology: a whole system as one immutable value."""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from novaplan.topology import consistency
from novaplan.topology.base import Model
from novaplan.topology.datastore import Datastore, External
from novaplan.topology.lineage import Lineage
from novaplan.topology.service import Service
from novaplan.topology.wiring import Dependency, Namespace, Route, Secret, Unmodelled

FORMAT = "novaplan/topology/v1"
PROVENANCE = frozenset({"declared", "evidence"})
"""Fields that say where something was written down; they do not change what the system is."""


class Topology(Model):
    """A whole system: services, datastores and externals, and what connects them.

    Two topologies that say the same are equal: collections are kept in one order. Raises ``pydantic.ValidationError``
    for a field that is wrong by itself and ``novaplan.errors.TopologyError``, with every problem, when the parts do not
    fit each other.
    """

    format: Literal["novaplan/topology/v1"] = "novaplan/topology/v1"
    name: Annotated[str, Field(min_length=1, max_length=253)] = "system"
    description: str = ""
    namespaces: tuple[Namespace, ...] = ()
    services: tuple[Service, ...] = ()
    datastores: tuple[Datastore, ...] = ()
    externals: tuple[External, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    routes: tuple[Route, ...] = ()
    secrets: tuple[Secret, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    lineage: Lineage | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        # The checks run before sorting, so that a problem's position is the one in the file.
        consistency.require(self)
        fields = self.__dict__
        for name, key in consistency.IDENTITY.items():
            fields[name] = tuple(sorted(fields[name], key=key))
        return self

    @cached_property
    def service(self) -> dict[str, Service]:
        """Services by name."""
        return {service.name: service for service in self.services}

    @cached_property
    def datastore(self) -> dict[str, Datastore]:
        """Datastores by name."""
        return {datastore.name: datastore for datastore in self.datastores}

    @cached_property
    def external(self) -> dict[str, External]:
        """Externals by name."""
        return {external.name: external for external in self.externals}

    def to_dict(self) -> dict[str, Any]:
        """The topology as a file holds it: quantities in written form, defaults left out, ``format`` first."""
        body = self.model_dump(mode="json", exclude_defaults=True)
        body.pop("format", None)
        return {"format": FORMAT, **body}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the system is: its lineage and where its parts were written down do not count."""
        body = {key: value for key, value in self.to_dict().items() if key != "lineage"}
        text = json.dumps(_without_provenance(body), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def _repr_html_(self) -> str:
        from novaplan.topology.tables import html_overview

        return html_overview(self)


def _without_provenance(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_provenance(item) for key, item in value.items() if key not in PROVENANCE}
    if isinstance(value, list):
        return [_without_provenance(item) for item in value]
    return value
