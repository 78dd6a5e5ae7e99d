"""The rules by which values combine: small, pure, and all in one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from novaplan.consolidation.conflicts import Conflicts, flow
from novaplan.topology.base import Model
from novaplan.topology.service import Container, DisruptionBudget, EnvVar, KeyRef

M = TypeVar("M", bound=Model)

_LARGEST = (1 << 63) - 1
"""Quantities are int64 in Kubernetes; a file with more could not be read again."""
_REDUCERS: dict[str, Any] = {"max": max, "min": min, "sum": sum}


@dataclass(frozen=True, slots=True)
class Said:
    """A value and the member that states it."""

    member: str
    value: Any


@dataclass(frozen=True, slots=True)
class Combiner:
    """Combines one setting at a time and notes disagreements.

    ``values`` come with the primary member's first.
    """

    subject: str
    settle: Callable[[str], str]
    """The line of the policy that settles a setting."""
    conflicts: Conflicts

    def by(self, rule: str, setting: str, values: Sequence[Said]) -> Any:
        """The value of ``setting`` under ``rule``; None when nobody states one."""
        stated = [said for said in values if said.value is not None]
        if not stated:
            return None
        if rule == "same":
            return self.agreed(setting, stated)
        if rule == "primary":
            return stated[0].value
        reduce: Callable[[Any], Any] = _REDUCERS[rule]
        value = reduce(said.value for said in stated)
        if value > _LARGEST:
            self.conflicts.add(self.subject, f"{setting} adds up to more than any machine has", self.settle(setting))
        return value

    def agreed(self, setting: str, stated: Sequence[Said], told: str | None = None) -> Any:
        """The one value all state, or a conflict; ``told`` is what a reader calls the setting."""
        if any(said.value != stated[0].value for said in stated):
            self.conflicts.add(self.subject, f"{told or setting} {_disagreement(stated)}", self.settle(setting))
        return stated[0].value

    def keyed(self, rule: str, setting: str, items: Sequence[Said]) -> list[Any]:
        """The union of things with a name, in order; one name with two values is decided by ``rule``."""
        found: dict[str, list[Said]] = {}
        for said in items:
            found.setdefault(said.value.name, []).append(said)
        united = []
        for name in sorted(found):
            if rule == "same":
                line = f"{setting}: [{{name: {flow(name)}, ...}}]"
                united.append(self.agreed(line, found[name], f"{setting} {name}"))
            else:
                united.append(self.by(rule, setting, found[name]))
        return united


def overlay(base: M, stated: Mapping[str, Any]) -> M:
    """``base`` with the stated fields; a nested model of the same kind is laid over field by field."""
    changes = {}
    for name, new in stated.items():
        old = getattr(base, name)
        nested = isinstance(new, Model) and type(new) is type(old) and not isinstance(new, (DisruptionBudget, KeyRef))
        changes[name] = overlay(old, stated_fields(new)) if nested else new
    return base.model_copy(update=changes)


def stated_fields(model: Model) -> dict[str, Any]:
    """The fields that were given to ``model``, without those that hold a default."""
    return {name: getattr(model, name) for name in sorted(model.model_fields_set)}


def _disagreement(stated: Sequence[Said]) -> str:
    """Who says what, of models only where they differ."""
    values = [said.value for said in stated]
    fields: set[str] | None = None
    if isinstance(values[0], Model) and len({type(value) for value in values}) == 1:
        fields = {name for name in type(values[0]).model_fields if len({str(getattr(v, name)) for v in values}) > 1}
    if isinstance(values[0], Container):
        members = " and ".join(said.member for said in stated)
        return f"is not the same in {members}: they differ in {', '.join(sorted(fields or ()))}"
    return "has several values: " + ", ".join(f"{_shown(said.value, fields)} ({said.member})" for said in stated)


def _shown(value: Any, fields: set[str] | None) -> str:
    """``value`` for a message. What should have been a secret is not told to a terminal."""
    if isinstance(value, EnvVar):
        ref = value.secret or value.config
        return f"{ref.name}/{ref.key}" if ref else "a plain value"
    if isinstance(value, Model):
        told = value.model_dump(mode="json", include=fields, exclude={"command"})
        return "{" + ", ".join(f"{name}: {_plain(item)}" for name, item in told.items()) + "}"
    if isinstance(value, tuple):  # a command, whose arguments may hold anything
        return f"{value[0]} with {len(value) - 1} arguments" if len(value) > 1 else "".join(map(str, value))
    return str(value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
