"""A step: data that says what is done, how to see that it worked and how to undo it, and what it does to a topology."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from novaplan.migration.edits import Edit

Phase = Literal["expand", "migrate", "contract"]
PHASES: tuple[Phase, ...] = ("expand", "migrate", "contract")
"""expand: what is new is added and nothing uses it; migrate: what runs moves over; contract: what is old goes."""

Tool = Literal["kubectl", "sql", "redis-cli", "kafka", "novaplan", "shell", "git", "person"]
Risk = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person does: a sentence, and the command where there is one."""

    says: str
    command: str = ""
    """Ready to be pasted; names in it are quoted."""
    tool: Tool = "kubectl"


LATER = "Only once the way back is given up"
"""How the first action begins that ends a step's way back: it and those after it come after the gates, when nobody will
want the step undone."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be measured before the next step: a query, what it must say, and for how long."""

    says: str
    tool: Literal["promql", "sql", "redis-cli", "kafka", "kubectl", "person"]
    query: str
    threshold: str
    """``>= 0.995``, ``== 0``: what the query's result must be."""
    duration_milliseconds: int = 0
    """How long it must stay so."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Person-days: optimistic, likely, pessimistic."""

    optimistic: float
    likely: float
    pessimistic: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan."""

    id: str
    """Unique in the plan and the same whenever it is made: ``shift-route/old/new/25``."""
    kind: str
    """Name of the module in ``novaplan.migration.steps``."""
    phase: Phase
    title: str
    """What it does, in a sentence."""
    stages: tuple[tuple[Edit, ...], ...] = ((),)
    """What it does to the topology. The last stage is its result; the ones before are what it passes through, and
    hold as states of their own."""
    requires: tuple[str, ...] = ()
    """Facts that must have been established before."""
    establishes: tuple[str, ...] = ()
    """Facts that hold afterwards."""
    after: tuple[str, ...] = ()
    """Ids of steps it waits for."""
    touches: tuple[str, ...] = ()
    """Names of the components it changes, or that notice it."""
    preconditions: tuple[str, ...] = ()
    """What must be so, in words, one for each of ``requires`` and any more."""
    actions: tuple[Action, ...] = ()
    gates: tuple[Gate, ...] = ()
    rollback: tuple[Action, ...] = ()
    reversible: bool = True
    """Whether its rollback gives the state before; if not, this is a point of no return."""
    undone_until: str = ""
    """Until when it can be undone, in words."""
    effort: Effort = field(default=Effort(0, 0, 0))
    bake_milliseconds: int = 0
    """How long to wait after it; nobody works then."""
    risk: Risk = "low"
    watch: tuple[str, ...] = ()
    """Who must watch."""
    theme: str = ""
    """The improvement it belongs to."""

    @property
    def now(self) -> tuple[Action, ...]:
        """The actions that carry it out."""
        return tuple(takewhile(lambda action: not action.says.startswith(LATER), self.actions))

    @property
    def later(self) -> tuple[Action, ...]:
        """The actions that end its way back."""
        return self.actions[len(self.now) :]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Everything it does to the topology, stage after stage."""
        return tuple(edit for stage in self.stages for edit in stage)
