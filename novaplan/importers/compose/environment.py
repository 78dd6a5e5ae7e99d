"""The environment variables of a service: its environment files, and ``environment`` over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from novaplan.importers.compose.disk import exists, joined
from novaplan.importers.compose.dotenv import Variable, read_env
from novaplan.importers.compose.merging import by_key
from novaplan.importers.compose.nodes import Field
from novaplan.importers.compose.notes import Notes
from novaplan.importers.draft import Setting


def settings(service: Field, notes: Notes) -> dict[str, Setting]:
    """Every variable by name. Values come from the files alone, never from this machine's environment."""
    found: dict[str, Setting] = {}
    for file, variable in _from_files(service, notes):
        found[variable.name] = Setting(variable.name, variable.value, variable.where, shared=f"env file {file}")
    environment = service.get("environment")
    if environment is None:
        return found
    for name, field in by_key(environment).items():
        text = field.node.origin.environment.get(name) if field.value is None else field.text()
        if text is None:
            notes.uncertain(f"the variable {name} is taken from where compose is started; its value is not known here")
        if name:
            found.pop(name, None)
            found[name] = Setting(name, text, field.where)
    return found


def _from_files(service: Field, notes: Notes) -> Iterator[tuple[str, Variable]]:
    entries = service.get("env_file")
    for entry in entries.elements() if entries else ():
        long = isinstance(entry.value, dict)
        path = entry.get("path") if long else entry
        if path is None:
            entry.fail("should name a file as its path")
        required, form = (entry.get("required"), entry.get("format")) if long else (None, None)
        file = joined(entry.node.origin.folder, path.text())
        if not exists(file):
            if required is None or required.flag():
                notes.uncertain(
                    f"the environment file {file} is missing; its variables are not known here", entry.where
                )
            continue
        if form is not None and form.text() != "raw":
            form.fail("should be raw, the only format that compose knows")
        for variable in read_env(Path(file), entry.node.origin.environment, raw=form is not None):
            yield file, variable
