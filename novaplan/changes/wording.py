"""How changes are put into words: the same phrases for every kind of part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from novaplan.capacity.totals import Amounts
from novaplan.changes.fields import shown
from novaplan.changes.model import Change, FieldChange
from novaplan.changes.sections import listed
from novaplan.quantity import format_bytes
from novaplan.topology.base import Model
from novaplan.topology.parts import label_of

_MOST_TERMS = 6
_PROSE = frozenset({"description", "purpose"})  # text for people: that it changed is enough

_SIZES = ((1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"))
_FIGURES = (
    ("CPU request", "cpu_request_millicores"),
    ("memory request", "memory_request_bytes"),
    ("CPU limit", "cpu_limit_millicores"),
    ("memory limit", "memory_limit_bytes"),
    ("storage", "storage_bytes"),
)


def terms(values: Sequence[int]) -> str:
    """A sum with its terms: ``3 + 2 + 2``; beyond a few, the sum alone."""
    if len(values) > _MOST_TERMS:
        return f"{sum(values)} in {len(values)}"
    return " + ".join(map(str, values))


def alike(figure: str, values: Sequence[int]) -> list[str]:
    """Amounts of one figure in one unit, so that they can be compared at a glance."""
    form: Callable[[int], str] = str
    if figure.endswith("_millicores"):
        whole = all(value % 1000 == 0 for value in values)
        form = (lambda value: str(value // 1000)) if whole else (lambda value: f"{value}m")
    elif figure.endswith("_bytes"):
        form = next((_in_unit(*unit) for unit in _SIZES if all(value % unit[0] == 0 for value in values)), format_bytes)
    return [form(value) if value else "none" for value in values]


def _in_unit(size: int, suffix: str) -> Callable[[int], str]:
    return lambda value: f"{value // size}{suffix}"


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
    lines, prose = [], []
    done: set[str] = set()
    for field in found:
        block = _new_block(field, found)
        if field.path in _PROSE:
            prose += [f"{field.path} rewritten"] if change.action != "merge" else []
        elif not block:
            lines.append(f"{field.path} {values(field)}")
        elif block not in done:
            done.add(block)
            lines.append(f"{block} {_whole_block(block, found)}")
    return lines + prose


def tells(field: FieldChange) -> bool:
    """Whether a field is worth a line: in a merge, sources that state nothing do not speak against the result, and a
    list that holds what all the sources held is no surprise."""
    stated = [value for _, value in field.by_source if value is not None]
    if not stated:
        return True
    if isinstance(field.after, tuple) and all(isinstance(value, tuple) for value in stated):
        return set(field.after) != {item for value in stated for item in value}
    return any(value != field.after for value in stated)


def values(field: FieldChange) -> str:
    """What a field was and is; in a merge, who had what unless all had the same."""
    after = shown(field.after, field.unit)
    holders: dict[str, list[str]] = {}
    for own, value in field.by_source:
        if value is not None:
            holders.setdefault(shown(value, field.unit), []).append(own)
    if not holders:
        return f"{shown(field.before, field.unit)} -> {after}"
    if len(holders) == 1:
        return f"{next(iter(holders))} -> {after}"
    names = origins([own for own, _ in field.by_source])
    had = (f"{value} ({listed(names[own] for own in owners)})" for value, owners in holders.items())
    return f"{', '.join(had)} -> {after}"


def origins(addresses: Sequence[str]) -> dict[str, str]:
    """The shortest name that tells each source from the others: its component's, or its own path."""
    owners = {own: owner_of(own) for own in addresses}
    clients = {own: owner.partition("->")[0] for own, owner in owners.items()}
    for names in (clients, owners):
        if len(set(names.values())) == len(addresses):
            return names
    return {own: label_of(own) for own in addresses}


def items(changes: Sequence[Change], describe: Callable[[Any], str], told: Sequence[str]) -> Iterator[str]:
    """A phrase for each part that came, went or changed: ``http 8080 <- orders 8080, pricing 8081``. Those that only
    came along stand together. ``told`` are the fields that ``describe`` tells of."""
    along: dict[str, list[str]] = {}
    for change in changes:
        notes = field_lines(change, told) if change.sources and change.after is not None else []
        if change.action == "move" and not notes and describe(change.after) == describe(change.before[0]):
            along.setdefault(owner_of(change.sources[0]), []).append(describe(change.after))
        else:
            yield item(change, describe) + (f": {'; '.join(notes)}" if notes else "")
    for owner, texts in along.items():
        yield f"{listed(texts)} (as in {owner})"


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
    sources = zip(change.sources, before, strict=True)
    return f"{after} <- {listed(f'{owner_of(own)} {text.removeprefix(name)}' for own, text in sources)}"


def amounts_rows(
    before: Sequence[Amounts], after: Amounts, pods: Sequence[Amounts] = (), pod: Amounts | None = None
) -> Iterator[tuple[str, str]]:
    """What it takes in all, for each figure that differs; and what a pod requests, where ``pod`` is given."""
    for label, figure in _FIGURES:
        total, new = sum(getattr(amounts, figure) for amounts in before), getattr(after, figure)
        if total == new:
            continue
        text = "{} -> {}".format(*alike(figure, (total, new)))
        if pod is not None and "request" in figure and len(pods) <= _MOST_TERMS:
            *each, now = alike(figure, [getattr(item, figure) for item in (*pods, pod)])
            text += f" in all; per pod {step(', '.join(each), now) if each else now}"
        yield label, text


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
