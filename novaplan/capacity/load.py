"""What services have to serve, and what a pod of them can: a file that a person edits."""

from __future__ import annotations

import os
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from novaplan.capacity.prices import Exact, Sourced
from novaplan.documents import files, reader
from novaplan.documents.positions import Document
from novaplan.errors import InputError, NovaplanError, UnknownNameError, nearest
from novaplan.topology.base import Model, Name, Names, Percent, Positive, duplicates
from novaplan.topology.system import Topology
from novaplan.topology.validation import placed, validate


class Queueing(Model):
    """How a pod works its requests off, for the M/M/c model of ``novaplan.capacity.queueing``."""

    service_time_ms: Exact
    """Mean time in milliseconds for which a request keeps a worker busy, without waiting; above 0."""
    workers: Positive
    """Requests a pod works on at once."""
    latency_limit_ms: Exact | None = None
    """The time in milliseconds within which ``percentile`` per cent of the requests should be answered."""
    percentile: Annotated[int, Field(strict=True, ge=1, le=99)] = 95
    balancing: Literal["random", "shared"] = "random"
    """``random``: each pod has a line of its own and gets its share of the requests at random, as kube-proxy in mode
    iptables hands them out; ``shared``: one line for all pods, the best that any balancer can reach."""

    @model_validator(mode="after")
    def _above_zero(self) -> Self:
        for name in ("service_time_ms", "latency_limit_ms"):
            if getattr(self, name) == 0:
                raise PydanticCustomError("time", "{name} should be above 0", {"name": name})
        return self


class ServiceLoad(Sourced):
    """What one service has to serve, and what one pod of it can."""

    name: Name
    """The service."""
    topologies: Names = ()
    """Names of the topologies this entry is about; none means all. So one file can describe both sides of a
    consolidation, in which the services differ."""
    requests_per_second: Exact
    """What the whole service receives today, on average."""
    requests_per_second_per_pod: Exact
    """What a pod serves when it uses exactly the CPU it requests (100 % for the autoscaler); above 0."""
    peak_factor: Exact = Decimal(1)
    """The busiest minutes against the average; 1 or more."""
    growth_percent_per_month: Exact = Decimal(0)
    """Compound growth of the requests."""
    queueing: Queueing | None = None
    """Absent: no latency is computed."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.requests_per_second_per_pod == 0:
            raise PydanticCustomError("rate", "requests_per_second_per_pod should be above 0")
        if self.peak_factor < 1:
            raise PydanticCustomError("factor", "peak_factor should be 1 or more: a peak is no lower than the average")
        return self

    def peak(self, multiplier: Fraction = Fraction(1), months: int = 0) -> Fraction:
        """Requests per second in the busiest minutes, ``months`` from now, times ``multiplier``; exact."""
        growth = (1 + Fraction(self.growth_percent_per_month) / 100) ** months
        return Fraction(self.requests_per_second) * Fraction(self.peak_factor) * growth * multiplier


class LoadModel(Model):
    """The load of a system, service by service. Services without an entry keep the replicas they have."""

    format: Literal["novaplan/load/v1"] = "novaplan/load/v1"
    name: Annotated[str, Field(min_length=1, max_length=253)] = "load"
    description: str = ""
    tolerance_percent: Percent = 10
    """The autoscaler leaves the replicas alone while usage is within this of its target; 10 is the default of
    Kubernetes (``--horizontal-pod-autoscaler-tolerance`` 0.1)."""
    services: Annotated[tuple[ServiceLoad, ...], Field(min_length=1)]

    _document: Document | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _once(self) -> Self:
        keys = [(entry.name, topology) for entry in self.services for topology in entry.topologies or ("",)]
        for _, (name, _topology) in duplicates(keys, lambda key: key):
            raise PydanticCustomError("twice", "the load of {name} is stated twice; keep one", {"name": name})
        return self

    @property
    def example(self) -> bool:
        """Some of the loads are examples."""
        return any(entry.example for entry in self.services)

    def of(self, topology: Topology) -> dict[str, ServiceLoad]:
        """The entries that are about ``topology``, by service.

        An entry for this topology alone stands above one for all. Raises ``UnknownNameError``, with the nearest name,
        for an entry whose service the topology lacks, and ``InputError`` when no entry is about it.
        """
        about = [entry for entry in self.services if not entry.topologies or topology.name in entry.topologies]
        if not about:
            known = sorted({name for entry in self.services for name in entry.topologies})
            hint = nearest(topology.name, known) or f"; it knows {', '.join(known)}"
            raise self._error(InputError, (), f"says nothing about the topology {topology.name!r}{hint}")
        for entry in about:
            if entry.name not in topology.service:
                place = ("services", self.services.index(entry), "name")
                message = f"there is no service {entry.name!r} in {topology.name}"
                raise self._error(UnknownNameError, place, message + nearest(entry.name, topology.service))
        about.sort(key=lambda entry: bool(entry.topologies))
        return {entry.name: entry for entry in about}

    def _error(self, kind: type[NovaplanError], place: tuple[str | int, ...], message: str) -> NovaplanError:
        document = self._document or Document(self.model_dump(mode="json"), f"load model {self.name}", 1)
        return kind([placed(document, place, message)])


def load_load_model(source: str | os.PathLike[str]) -> LoadModel:
    """The load model called ``source``: a file, or a name that is looked up in ``models/`` and then in the package;
    ``-`` reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return _load_model(reader.read_one(path))


def loads_load_model(text: str, *, file: str = "<text>") -> LoadModel:
    """The load model that ``text`` holds as YAML or JSON. Raises ``DocumentError`` or ``InputError``."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise InputError(f"expected one document, found {len(documents)}", file=file)
    return _load_model(documents[0])


def _load_model(document: Document) -> LoadModel:
    model = validate(LoadModel, document, InputError)
    model._document = document
    return model
