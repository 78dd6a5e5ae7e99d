"""How careful a migration is: the weights a route passes through, how long each is watched, and against what."""

from typing import Annotated, Literal

from pydantic import Field

from novaplan.topology.base import Label, Milliseconds, Model, Percent, Positive


class Waiver(Model):
    """A shortfall that is accepted, with the reason why."""

    invariant: Label
    subject: str
    reason: Annotated[str, Field(min_length=1)]


class Rollout(Model):
    """The assumptions; ``models/rollout.yaml`` holds the defaults with their sources."""

    format: Literal["novaplan/rollout/v1"] = "novaplan/rollout/v1"
    name: str = "rollout"
    description: str = ""
    weights: tuple[Percent, ...] = (5, 25, 50, 100)
    """Shares of a route's traffic that the new backend gets, one after the other."""
    largest_shift: Percent = 50
    """No step moves more than this share of a route's traffic at once."""
    weight_bake: Milliseconds = 600_000
    """How long each weight is watched."""
    success_percent: Annotated[float, Field(ge=0, le=100)] = 99.0
    """Of requests that must not fail while a weight is watched."""
    bake: Milliseconds = 86_400_000
    """How long the new side carries everything before the old side goes: one business cycle."""
    replication_lag: Milliseconds = 1_000
    """Lag up to which a replica counts as caught up."""
    people: Positive = 2
    """Lanes that work side by side."""
    waivers: tuple[Waiver, ...] = ()

    def waives(self, invariant: str, subject: str) -> bool:
        """Whether a shortfall of this invariant is accepted for this subject."""
        return any(item.invariant == invariant and item.subject == subject for item in self.waivers)
