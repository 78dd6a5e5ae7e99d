"""Records: a patch as text, to stand beside what was rendered from a topology.

The text is JSON with two characters escaped that something on its way might take for its own: ``$`` (compose fills in
variables, Kubernetes' tools too) and ``{{`` (Helm). It is ASCII, so that it is the same bytes everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from novaplan.documents.json_text import parse_json
from novaplan.errors import InputError, nearest
from novaplan.topology.base import Model
from novaplan.topology.parts import SYSTEM, kind_of, model_of, own_address, own_fields, parent_of, path_of
from novaplan.topology.patch import RANK, Patch, joined

_DEEPEST: Final = 20
"""Levels of blocks; the model has five."""


@dataclass(frozen=True)
class Record:
    """What is put back, and what need not be told."""

    patch: Patch = field(default_factory=Patch)
    settled: frozenset[str] = frozenset()
    """What an import could not tell or left out, and the patch knows."""


def write(patch: Patch, settled: Iterable[str] = ()) -> str:
    """A record as text."""
    body = patch.to_dict()
    if told := sorted(settled):
        body["settled"] = told
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    # Neither stands in JSON but inside strings.
    return text.replace("$", "\\u0024").replace("{{", "{\\u007b")


def read(text: object, *, file: str | None = None, line: int | None = None, field: str | None = None) -> Record:
    """The record that ``write`` wrote. Raises ``InputError`` with the place for anything else."""
    try:
        return _record(parse_json(text, _DEEPEST) if isinstance(text, str) else None)
    except ValueError as error:
        message = f"is no record that novaplan wrote: {error}; render again, or take it out"
        raise InputError(message, file=file, line=line, field=field) from None


def together(found: Iterable[Record]) -> Record:
    """All of them as one."""
    listed = list(found)
    return Record(joined(item.patch for item in listed), frozenset().union(*(item.settled for item in listed)))


def _record(value: Any) -> Record:
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    unknown = next((name for name in value if name not in ("added", "changed", "removed", "settled")), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is nothing that it holds")
    added, changed = value.get("added", {}), value.get("changed", {})
    removed, settled = value.get("removed", []), value.get("settled", [])
    if not isinstance(added, dict) or not isinstance(changed, dict):
        raise ValueError("'added' and 'changed' should be objects")
    if (
        not isinstance(removed, list)
        or not isinstance(settled, list)
        or not all(isinstance(item, str) for item in settled)
    ):
        raise ValueError("'removed' and 'settled' should be lists of texts")
    for own in (*added, *changed, *removed):
        if not isinstance(own, str) or not _is_address(own):
            raise ValueError(f"{own!r} is no address of a part")
    if SYSTEM in added or SYSTEM in removed:
        raise ValueError("the system itself can only be changed")
    for own, fields in changed.items():
        _check(own, fields)
    patch = Patch({own: _part(own, fields) for own, fields in added.items()}, changed, frozenset(removed))
    return Record(patch, frozenset(settled))


def _is_address(own: str) -> bool:
    """Whether it could be an address: a known kind, and a name for each part on the way."""
    while kind_of(own) in RANK and own != SYSTEM and path_of(own):
        own = parent_of(own)
    return own == SYSTEM


def _part(own: str, fields: Any) -> Model:
    model = model_of(kind_of(own))
    try:
        part = model.model_validate(fields)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{own}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}") from None
    if own_address(kind_of(own), part, parent_of(own)) != own:
        raise ValueError(f"{own!r} is not the address of what stands under it")
    return part


def _check(own: str, fields: Any) -> None:
    known = own_fields(kind_of(own))
    if not isinstance(fields, dict):
        raise ValueError(f"{own}: should be an object of fields")
    for name in fields:
        if name not in known:
            raise ValueError(f"{own}: {name!r} is not a known field{nearest(name, known)}")
    _check_pairs(own, fields)


def _check_pairs(place: str, fields: Mapping[str, Any]) -> None:
    for name, change in fields.items():
        if isinstance(change, dict):
            _check_pairs(f"{place}.{name}", change)
        elif not isinstance(change, list) or len(change) != 2:
            raise ValueError(f"{place}.{name}: should be a list of what it was and what it becomes")
