"""How changes are put into words: the same phrases for every kind of part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from novaplan.capacity.totals import Amounts
from novaplan.changes.fields import shown
from novaplan.changes.model import Change, FieldChange
from novaplan.changes.sections import listed
from novaplan.quantity import format_bytes, format_millicores
from novaplan.topology.base import Model
from novaplan.topology.parts import label_of

_MOST_TERMS = 6

_FIGURES: tuple[tuple[str, str, Callable[[int], str]], ...] = (
    ("CPU request", "cpu_request_millicores", format_millicores),
    ("memory request", "memory_request_bytes", format_bytes),
    ("CPU limit", "cpu_limit_millicores", format_millicores),
    ("memory limit", "memory_limit_bytes", format_bytes),
    ("storage", "storage_bytes", format_bytes),
)


def terms(values: Sequence[int], form: Callable[[int], str] = str) -> str:
    """A sum with its terms: ``3 + 2 + 2``; beyond a few, the sum alone."""
    if len(values) > _MOST_TERMS:
        return f"{form(sum(values))} in {len(values)}"
    return " + ".join(map(form, values))


def step(before: str, after: str) -> str:
    """``before -> after``, or one of them when nothing changes."""
    return after if before == after else f"{before} -> {after}"


def owner_of(address: str) -> str:
    """The component an address belongs to: the first name in it."""
    return label_of(address).partition("/")[0]


def field_lines(change: Change, skip: Sequence[str] = ()) -> list[str]:
    """Every field that differs, a line each: ``startup.tier - -> 2``. Those under the paths in ``skip`` are told
    elsewhere; in a merge those on which every source that states them agrees with the result are passed over."""
    found = [field for field in change.fields if not _under(field.path, skip) and tells(field)]
    lines = []
    done: set[str] = set()
    for field in found:
        block = _new_block(field, found)
        if not block:
            lines.append(f"{field.path} {values(field)}")
        elif block not in done:
            done.add(block)
            lines.append(f"{block} {_whole_block(block, found)}")
    return lines


def tells(field: FieldChange) -> bool:
    """Whether a field is worth a line: in a merge, sources that state nothing do not speak against the result."""
    stated = [value for _, value in field.by_source if value is not None]
    return not field.by_source or not stated or any(value != field.after for value in stated)


def values(field: FieldChange) -> str:
    """What a field was and is; in a merge, who had what unless all had the same."""
    after = shown(field.after, field.unit)
    stated = {address: shown(value, field.unit) for address, value in field.by_source if value is not None}
    if not field.by_source or len(stated) == 0:
        return f"{shown(field.before, field.unit)} -> {after}"
    different = list(dict.fromkeys(stated.values()))
    if len(different) == 1:
        return f"{different[0]} -> {after}"
    return f"{listed(f'{owner_of(own)} {value}' for own, value in stated.items())} -> {after}"


def items(changes: Sequence[Change], describe: Callable[[Any], str]) -> Iterator[str]:
    """A phrase for each part that came, went or changed: ``http 8080 <- orders 8080, pricing 8081``."""
    for change in changes:
        yield item(change, describe)


def item(change: Change, describe: Callable[[Any], str]) -> str:
    """One phrase of ``items``."""
    if change.after is None:
        reason = f": {change.reason}" if change.reason else ""
        return f"{describe(change.before[0])} of {owner_of(change.address)} dropped{reason}"
    after = describe(change.after)
    if not change.sources:
        return f"{after} (new)"
    before = [describe(model) for model in change.before]
    if change.action != "merge":
        return step(before[0], after)
    if set(before) == {after}:
        return f"{after} (from {listed(map(owner_of, change.sources))})"
    name = after.partition(" ")[0] + " "
    origins = zip(change.sources, before, strict=True)
    return f"{after} <- {listed(f'{owner_of(own)} {text.removeprefix(name)}' for own, text in origins)}"


def amounts_rows(before: Sequence[Amounts], after: Amounts, each: str = "") -> list[tuple[str, str]]:
    """What it takes in all, for each figure that differs."""
    found = []
    for label, figure, form in _FIGURES:
        old, new = [getattr(amounts, figure) for amounts in before], getattr(after, figure)
        if sum(old) != new:
            found.append((label, f"{form(sum(old))} -> {form(new)}{each}"))
    return found


def _under(path: str, prefixes: Sequence[str]) -> bool:
    return any(path == prefix or path.startswith(prefix + ".") for prefix in prefixes)


def _new_block(field: FieldChange, found: Sequence[FieldChange]) -> str:
    """The outermost block a field came or went with, when the whole block did."""
    steps = field.path.split(".")
    for length in range(1, len(steps)):
        block = ".".join(steps[:length])
        inside = [other for other in found if other.path.startswith(block + ".")]
        if len(inside) > 1 and (_came(inside) or all(other.after is None for other in inside)):
            return block
    return ""


def _came(inside: Sequence[FieldChange]) -> bool:
    return all(other.before is None and not any(value for _, value in other.by_source) for other in inside)


def _whole_block(block: str, found: Sequence[FieldChange]) -> str:
    inside = [other for other in found if other.path.startswith(block + ".")]
    if not _came(inside):
        return "dropped"
    parts = (f"{other.path.removeprefix(block + '.')} {shown(other.after, other.unit)}" for other in inside)
    return f"added: {listed(parts)}"


def named(model: Model) -> str:
    """The name of a part."""
    return str(getattr(model, "name", ""))
