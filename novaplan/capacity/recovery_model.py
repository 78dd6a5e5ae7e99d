"""The times of a recovery that a topology does not state: a file that a person edits."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from novaplan import quantity
from novaplan.documents import files, reader
from novaplan.errors import InputError
from novaplan.topology.base import Milliseconds, Model, Positive
from novaplan.topology.validation import validate

Text = Annotated[str, Field(min_length=1)]


class Span(Model):
    """A time from ``min`` to ``max``, in milliseconds, and where it comes from."""

    min: Milliseconds = 0
    max: Milliseconds
    basis: Literal["measured", "assumed"] = "assumed"
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            low, high = quantity.format_milliseconds(self.min), quantity.format_milliseconds(self.max)
            raise PydanticCustomError("range", "min {low} is above max {high}; swap them", {"low": low, "high": high})
        return self


class RedisTimes(Model):
    """Steps of a failover by Redis Sentinel, after ``down_after``."""

    tick: Span
    ask: Span
    """The other Sentinels are asked whether they think so too."""
    election: Span
    """The Sentinels elect who leads, and that one selects a replica."""
    info_poll: Span
    """The replica says that it is master now."""
    hello: Span
    """The other Sentinels hear of it."""
    client_poll: Span
    """Clients hear of it."""
    silent_loss: Span
    client_timeout: Span
    shutdown: Span
    handover: Span


class PatroniTimes(Model):
    """Steps of a failover by Patroni, after the lease has run out."""

    lease_scan: Span
    race: Span
    promote: Span
    proxy_interval: Milliseconds
    proxy_rise: Positive
    proxy_source: Text
    client_retry: Span
    handover: Span


class PodTimes(Model):
    """Steps until another pod, or container, stands in for a lost one."""

    restart: Span
    schedule: Span
    image_pull: Span
    container_start: Span
    node_detection: Span
    eviction: Span


class RecoveryModel(Model):
    """How long each step of a recovery takes."""

    format: Literal["novaplan/recovery/v1"] = "novaplan/recovery/v1"
    name: Text = "recovery"
    description: str = ""
    redis: RedisTimes
    patroni: PatroniTimes
    pods: PodTimes


def load_recovery_model(source: str | os.PathLike[str] = "recovery") -> RecoveryModel:
    """The model called ``source``: a file, or a name that is looked up in ``models/`` and then in the package; ``-``
    reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return validate(RecoveryModel, reader.read_one(path), InputError)


def default_recovery_model() -> RecoveryModel:
    """``models/recovery.yaml``, read once for each folder that novaplan runs in. Raises what ``load_recovery_model``
    raises."""
    return _read_once(str(files.resolve("recovery", "models").resolve()))


@lru_cache(maxsize=4)
def _read_once(path: str) -> RecoveryModel:
    return load_recovery_model(path)
