"""Settings as files, and single ones of them changed on the command line."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any, Final, get_args, get_origin

from novaplan.documents import files, reader
from novaplan.documents.positions import Document, YamlMap
from novaplan.errors import InputError, nearest
from novaplan.render.settings import Settings
from novaplan.topology.base import Model
from novaplan.topology.validation import validate

DEFAULT: Final = "render"
"""The name of the settings that hold where none are named."""


def load_render_settings(source: str | os.PathLike[str] = DEFAULT, *, changes: Sequence[str] = ()) -> Settings:
    """The settings called ``source``: a file, or a name that is looked up in ``models/`` and then in the package; ``-``
    reads standard input.

    ``changes`` are written ``field.field=value``, the value as YAML; a dot that belongs to a key stands after a
    backslash. Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    document = reader.read_one(path)
    settings = validate(Settings, document, InputError)
    for change in changes:
        try:
            document, settings = _changed(document, change)
        except InputError as error:
            # What is wrong with a change is told of the change, which has no lines.
            place = f"--set {change}"
            raise InputError([dataclasses.replace(one, file=place, line=None) for one in error.problems]) from None
    return settings


def _changed(document: Document, change: str) -> tuple[Document, Settings]:
    """``document`` with one value put in, and what settings that makes."""
    path, sign, text = change.partition("=")
    steps = [step.replace("\0", ".") for step in path.replace("\\.", "\0").split(".")]
    if not sign or not all(steps):
        raise InputError("should be written field=value")
    _require_known(steps)
    parsed = reader.parse(text)
    value = parsed[0].value if parsed else None
    # A tag such as 1.10 is a number to YAML, and text to whoever writes it here.
    meant = [value] if isinstance(value, str | dict | list) else [value, text]
    problems: list[InputError] = []
    for one in meant:
        changed = Document(_put(document.value, steps, one), document.file, 1)
        try:
            return changed, validate(Settings, changed, InputError)
        except InputError as error:
            problems.append(error)
    raise problems[0]


def _put(node: Any, steps: Sequence[str], value: Any) -> Any:
    if not steps:
        return value
    known = dict(node) if isinstance(node, dict) else {}
    made = YamlMap({**known, steps[0]: _put(known.get(steps[0]), steps[1:], value)})
    made.line, made.lines = 1, [1] * len(made)
    return made


def _require_known(steps: Sequence[str]) -> None:
    """Raise InputError for a path that leads nowhere in settings."""
    model: Any = Settings
    for position, step in enumerate(steps):
        if not (isinstance(model, type) and issubclass(model, Model)):
            shown = ".".join(steps[:position])
            raise InputError(f"{shown} has no fields of its own")
        if step not in model.model_fields:
            shown = ".".join(steps[: position + 1])
            raise InputError(f"{shown} is not a known field{nearest(step, model.model_fields)}")
        model = model.model_fields[step].annotation
        if get_origin(model) is dict:
            return  # what stands in it is checked with the settings
        model = next((part for part in get_args(model) if isinstance(part, type) and issubclass(part, Model)), model)
