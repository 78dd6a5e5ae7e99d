"""Settings as files, and single ones of them changed on the command line."""

from __future__ import annotations

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
        document = _changed(document, change)
        settings = validate(Settings, document, InputError)
    return settings


def _changed(document: Document, change: str) -> Document:
    """``document`` with one value put in. What is wrong with it is told of the change, which has no file or line."""
    place = f"--set {change}"
    path, sign, text = change.partition("=")
    if not sign:
        raise InputError("should be written field=value", file=place)
    steps = [step.replace("\0", ".") for step in path.replace("\\.", "\0").split(".")]
    _require_known(steps, place)
    value = reader.parse(text, file=place)
    return Document(_put(document.value, steps, value[0].value if value else None), place, 1)


def _put(node: Any, steps: Sequence[str], value: Any) -> Any:
    if not steps:
        return value
    known = dict(node) if isinstance(node, dict) else {}
    made = YamlMap({**known, steps[0]: _put(known.get(steps[0]), steps[1:], value)})
    made.line, made.lines = 1, [1] * len(made)
    return made


def _require_known(steps: Sequence[str], place: str) -> None:
    """Raise InputError for a path that leads nowhere in settings."""
    model: Any = Settings
    for position, step in enumerate(steps):
        if not (isinstance(model, type) and issubclass(model, Model)):
            shown = ".".join(steps[:position])
            raise InputError(f"{shown} has no fields of its own", file=place)
        if step not in model.model_fields:
            shown = ".".join(steps[: position + 1])
            raise InputError(f"{shown} is not a known field{nearest(step, model.model_fields)}", file=place)
        model = model.model_fields[step].annotation
        if get_origin(model) is dict:
            return  # what stands in it is checked with the settings
        model = next((part for part in get_args(model) if isinstance(part, type) and issubclass(part, Model)), model)
