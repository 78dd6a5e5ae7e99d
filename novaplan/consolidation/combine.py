"""The rules by which values combine: small, pure, and all in one place."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from novaplan.consolidation.conflicts import Conflicts
from novaplan.topology.base import Model
from novaplan.topology.service import EnvVar

T = TypeVar("T")
M = TypeVar("M", bound=Model)


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
    policy_path: str
    """Where the policy settles this: ``groups[api].settings``."""
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
        return reduce(said.value for said in stated)

    def agreed(self, setting: str, stated: Sequence[Said]) -> Any:
        """The one value all state, or a conflict."""
        if any(said.value != stated[0].value for said in stated):
            told = ", ".join(f"{_shown(said.value)} ({said.member})" for said in stated)
            self.conflicts.add(
                self.subject, f"{setting} has several values: {told}", f"{self.policy_path}.{setting} in the policy"
            )
        return stated[0].value

    def keyed(self, rule: str, setting: str, items: Sequence[Said], key: Callable[[Any], Hashable]) -> list[Any]:
        """The union of things with a name; one name with two values is decided by ``rule``."""
        found: dict[Hashable, list[Said]] = {}
        for said in items:
            found.setdefault(key(said.value), []).append(said)
        return [self.by(rule, f"{setting}[{name}]", said) for name, said in found.items()]


def overlay(base: M, stated: Mapping[str, Any]) -> M:
    """``base`` with the stated fields; a nested model of the same kind is laid over field by field."""
    changes = {}
    for name, new in stated.items():
        old = getattr(base, name)
        nested = isinstance(new, Model) and type(new) is type(old)
        changes[name] = overlay(old, stated_fields(new)) if nested else new
    return base.model_copy(update=changes)


def stated_fields(model: Model) -> dict[str, Any]:
    """The fields that were given to ``model``, without those that hold a default."""
    return {name: getattr(model, name) for name in sorted(model.model_fields_set)}


def _shown(value: Any) -> str:
    if isinstance(value, EnvVar):  # a value that should have been a secret is not told to a terminal
        ref = value.secret or value.config
        return f"{ref.name}/{ref.key}" if ref else "a plain value"
    if isinstance(value, Model):
        text = ", ".join(
            f"{name}: {item}" for name, item in value.model_dump(mode="json", exclude_defaults=True).items()
        )
        return "{" + text + "}"
    return " ".join(value) if isinstance(value, tuple) else str(value)
