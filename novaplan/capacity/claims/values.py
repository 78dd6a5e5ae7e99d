"""Stated and computed values: read in the form of their kind, compared, and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from novaplan import quantity

Kind = Literal["count", "millicores", "bytes", "milliseconds", "text", "truth", "set"]
"""What a figure is: the unit of its integer, or a word, a yes or no, several words or numbers."""
Value = int | str | bool | frozenset[str]

_MEBI = 1 << 20


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("should be a whole number from 0 up")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("should be text; put it in quotes")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("should be true or false")
    return value


def _set(value: Any) -> frozenset[str]:
    items = value if isinstance(value, list | tuple) else [value]
    if not items or any(isinstance(item, bool) or not isinstance(item, int | str) for item in items):
        raise ValueError("should be a list of names or numbers")
    return frozenset(map(str, items))


_READERS: dict[Kind, Callable[[Any], Value]] = {
    "count": _count,
    "millicores": quantity.parse_millicores,
    "bytes": quantity.parse_bytes,
    "milliseconds": quantity.parse_milliseconds,
    "text": _text,
    "truth": _truth,
    "set": _set,
}
NUMERIC: frozenset[Kind] = frozenset({"count", "millicores", "bytes", "milliseconds"})
"""Kinds that have an order, so that a range can be stated."""


def read(kind: Kind, value: Any) -> Value:
    """``value`` as a file states it. Raises ``ValueError`` when it is not of that kind."""
    return _READERS[kind](value)


@dataclass(frozen=True, slots=True)
class Stated:
    """What was stated: one value, or from ``least`` to ``most``, either of them open."""

    kind: Kind
    value: Value | None = None
    least: int | None = None
    most: int | None = None

    def __str__(self) -> str:
        if self.value is not None:
            return show(self.kind, self.value)
        if self.most is None:
            return f"at least {show(self.kind, self.least or 0)}"
        if self.least is None:
            return f"at most {show(self.kind, self.most)}"
        return show_range(self.kind, self.least, self.most)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: integers in ``unit``."""
        return {
            "unit": self.kind,
            "value": _plain(self.value),
            "min": self.least,
            "max": self.most,
        }


def _plain(value: Value | None) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def plain(values: Iterable[Value]) -> list[Any]:
    """JSON-ready, each once, in order."""
    return [_plain(item) for item in sorted(set(values), key=_rank)]


def _rank(value: Value) -> tuple[int, Any]:
    if isinstance(value, frozenset):
        return (2, sorted(value))
    return (0, value) if isinstance(value, int) else (1, value)


def show(kind: Kind, value: Value) -> str:
    """``value`` as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, str) or kind == "count":
        return str(value)
    if kind == "millicores":
        return f"{value}m"
    if kind == "milliseconds":
        return f"{Decimal(value) / 1000} s"
    return f"{value // _MEBI}Mi" if value % _MEBI == 0 and 0 < value < _MEBI << 10 else quantity.format_bytes(value)


def show_range(kind: Kind, least: int, most: int) -> str:
    """From one to the other, as people read it; the unit stands once where it can."""
    if least == most:
        return show(kind, least)
    if kind == "milliseconds":
        return f"{Decimal(least) / 1000}-{show(kind, most)}"
    return f"{show(kind, least)}-{show(kind, most)}"


def show_all(kind: Kind, values: Sequence[Value]) -> str:
    """Several values: a number as a range from the smallest, anything else one by one."""
    known = sorted(set(values), key=_rank)
    if known and kind in NUMERIC:
        return show_range(kind, int(known[0]), int(known[-1]))  # type: ignore[arg-type]
    return "; ".join(show(kind, item) for item in known)
