"""Helm charts in the few forms of template that ``render --layout helm`` writes, read with their own values.

Which forms those are ``render.layouts.helm`` tells. Helm itself is a whole language: a chart that uses more of it is
refused with the line that does, and the command that renders it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from novaplan.documents import reader
from novaplan.documents.source import decode, load
from novaplan.errors import InputError
from novaplan.importers.draft import Note, Where
from novaplan.importers.kubernetes.manifests import Manifest, manifests

CHART: Final = "Chart.yaml"
TEMPLATES: Final = "templates"
_EXTENSIONS: Final = (".yaml", ".yml", ".json")

_INDEX: Final = r'index \.Values((?: "(?:[^"\\]|\\.)*")+)'
_KEY: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_IF: Final = re.compile(rf"\{{\{{ if {_INDEX} -\}}\}}")
_END: Final = "{{ end -}}"
_ACTION: Final = re.compile(rf'\{{\{{ (?:toJson \({_INDEX}\)|"\{{\{{") \}}\}}')
# A line in place of what is not there keeps the lines of the rest; as a comment it ends no block of text too late.
_NOTHING: Final = "#"
# What JSON may hold as it is and YAML may not.
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def read_chart(folder: Path, notes: list[Note], values: Iterable[Path] = ()) -> list[Manifest]:
    """The objects of the chart in ``folder``, with its ``values.yaml`` and then each file of ``values``.

    Raises InputError for a chart that needs Helm itself, and DocumentError for what cannot be read.
    """
    if (folder / "charts").is_dir() or _map(folder / CHART).get("dependencies"):
        raise InputError(f"needs further charts; {remedy(folder)}", file=str(folder / CHART))
    merged: dict[str, Any] = {}
    defaults = folder / "values.yaml"
    for file in (*([defaults] if defaults.is_file() else []), *values):
        merge(merged, _map(file))
    found: list[Manifest] = []
    for path in sorted((folder / TEMPLATES).rglob("*")):
        if path.suffix in _EXTENSIONS and path.is_file():
            text = _expanded(decode(load(str(path)), str(path)), merged, folder, path)
            found += manifests(reader.parse(text, file=str(path)), notes)
    count = "1 object" if len(found) == 1 else f"{len(found)} objects"
    notes.append(Note("read", f"a Helm chart of {count}", Where(str(folder))))
    return found


def remedy(folder: Path) -> str:
    """How a chart is read that is not in these few forms."""
    name = folder.resolve().name or "NAME"
    return f"render it: helm template {name} {folder} | novaplan import kubernetes -"


def merge(values: dict[str, Any], more: dict[str, Any]) -> None:
    """Merge ``more`` into ``values`` as Helm does: maps key by key, null takes a key away, the rest is replaced."""
    for key, value in more.items():
        if isinstance(value, dict):
            inner = dict(values[key]) if isinstance(values.get(key), dict) else {}
            merge(inner, value)
            values[key] = inner
        elif value is None:
            values.pop(key, None)
        else:
            values[key] = value


def _map(file: Path) -> dict[str, Any]:
    documents = [document for document in reader.read(str(file)) if document.value is not None]
    if not documents:
        return {}
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise InputError("should hold one map of fields", file=str(file), line=1)
    return documents[0].value


class _Outside(ValueError):
    """A line uses more of the template language than the forms that are read."""


def _expanded(text: str, values: dict[str, Any], folder: Path, path: Path) -> str:
    """The text of a template with its values, line for line."""
    message = f"uses more of Helm's template language than novaplan reads; {remedy(folder)}"
    conditions: list[bool] = []
    written: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        try:
            written.append(_line(line, values, conditions))
        except _Outside:
            raise InputError(message, file=str(path), line=number) from None
    if conditions:
        raise InputError(message, file=str(path), line=len(lines))
    return "\n".join(written)


def _line(line: str, values: dict[str, Any], conditions: list[bool]) -> str:
    if match := _IF.fullmatch(line):
        conditions.append(bool(_value(match[1], values)))
        return _NOTHING
    if line == _END and conditions:
        conditions.pop()
        return _NOTHING
    return "".join(_pieces(line, values)) if all(conditions) else _NOTHING


def _pieces(line: str, values: dict[str, Any]) -> Iterator[str]:
    end = 0
    for match in _ACTION.finditer(line):
        yield _literal(line[end : match.start()])
        yield "{{" if match[1] is None else _json(_value(match[1], values))
        end = match.end()
    yield _literal(line[end:])


def _literal(text: str) -> str:
    if "{{" in text:
        raise _Outside
    return text


def _value(keys: str, values: Any) -> Any:
    for key in _KEY.findall(keys):
        if not isinstance(values, dict):
            raise _Outside
        try:
            values = values.get(json.loads(key))
        except ValueError:  # an escape that Go knows and JSON does not
            raise _Outside from None
    return values


def _json(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, RecursionError):  # YAML knows more than JSON
        raise _Outside from None
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
