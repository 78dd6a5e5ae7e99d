"""What a service mounts: storage, and configuration files that may name other services.

Files are read only inside the folder of the project or of the compose file that names them, and only when they are
small text: a compose file from elsewhere must not make anything else of this machine readable.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from novaplan.importers.compose.disk import exists, is_file, joined
from novaplan.importers.compose.loading import Section
from novaplan.importers.compose.nodes import Field
from novaplan.importers.compose.notes import Notes
from novaplan.importers.compose.volumes import is_path, split_volume
from novaplan.importers.draft import Mount, MountedFile, MountKind, Volume, Where

LARGEST_FILE: Final = 256 * 1024
MOST_FILES: Final = 64
"""Files taken from one mounted folder."""
_DEEPEST: Final = 3

# In a mounted folder, what a program reads its configuration from; a lone file may have any name.
_SUFFIXES: Final = """
.conf .cfg .cnf .config .ini .yml .yaml .json .toml .properties .xml .env .template .tmpl .tpl .hcl .rules .vcl .acl
.river .alloy .cue .jsonnet .pipeline .lua .sh
"""
_CONFIGURATION: Final = frozenset(_SUFFIXES.split())
_DATA: Final = frozenset(("node_modules", ".git", "vendor", "dist", "build", "target", "__pycache__", ".venv", "venv"))


_KINDS: Final[dict[str, MountKind]] = {"volume": "claim", "bind": "host", "tmpfs": "empty"}
_GRANTED: Final[tuple[tuple[str, str, MountKind], ...]] = (
    ("tmpfs", "", "empty"),
    ("configs", "/", "config"),
    ("secrets", "/run/secrets/", "secret"),
)


class Mounts:
    """Reads what services mount; each file once."""

    def __init__(self, project: Path, layer: dict[str, Section], notes: Notes) -> None:
        self._project = project
        self._layer = layer
        self._notes = notes
        self._texts: dict[str, str | None] = {}

    def of(self, service: Field) -> tuple[tuple[Volume, ...], tuple[MountedFile, ...]]:
        """The volumes and the files of a service."""
        volumes: dict[str, Volume] = {}
        files: list[MountedFile] = []
        entries = service.get("volumes")
        for entry in entries.elements() if entries else ():
            kind, source, target = _parts(entry)
            if kind == "volume" and source:
                self._check_declared("volumes", source, entry)
                volumes.setdefault(source, Volume(source))
            elif kind == "bind" and source:
                files += self._bound(source, target, entry, _build_folder(service))
        for section, folder in (("configs", "/"), ("secrets", "/run/secrets/")):
            granted = service.get(section)
            for entry in granted.elements() if granted else ():
                files += self._granted(section, folder, entry)
        return tuple(volumes.values()), tuple(files)

    def targets(self, service: Field) -> Iterator[Mount]:
        """Where something is mounted, whatever it is."""
        entries = service.get("volumes")
        for entry in entries.elements() if entries else ():
            kind, source, target = _parts(entry)
            yield Mount(
                target.rstrip("/") or "/",
                _KINDS.get(kind, "other") if source else "empty",
                entry.where,
                source,
                _is_read_only(entry),
            )
        for key, folder, granted_kind in _GRANTED:
            granted = service.get(key)
            for entry in granted.elements() if granted else ():
                named = (entry.get("target") or entry.get("source")) if isinstance(entry.value, dict) else entry
                path = named.text().partition(":")[0] if named else ""
                yield Mount(path if path.startswith("/") else folder + path, granted_kind, entry.where)

    def _check_declared(self, section: str, name: str, entry: Field) -> None:
        if name not in self._layer[section]:
            self._notes.uncertain(f"the {section.removesuffix('s')} {name!r} is not declared", entry.where)

    def _granted(self, section: str, folder: str, entry: Field) -> Iterator[MountedFile]:
        """A config or secret that the service is given."""
        long = isinstance(entry.value, dict)
        source = entry.get("source") if long else entry
        if source is None:
            entry.fail(f"should name one of the {section} as its source")
        name = source.text()
        target = entry.get("target") if long else None
        path = target.text() if target else name
        self._check_declared(section, name, entry)
        found = self.content(section, name)
        if found is not None:
            text, where = found
            yield MountedFile(
                path if path.startswith("/") else folder + path,
                text,
                where,
                section == "secrets",
                f"{section.removesuffix('s')} {name}",
            )

    def content(self, section: str, name: str) -> tuple[str, Where] | None:
        """The text of a top-level config or secret, where it can be known."""
        node = self._layer[section].get(name)
        if node is None:
            return None
        declared = Field(node, f"{section}.{name}")
        content, variable, file = (declared.get(key) for key in ("content", "environment", "file"))
        if content is not None:
            # The text of a block starts on the line below its key.
            start = content.node.line + (1 if "\n" in content.text() else 0)
            return content.text(), Where(content.node.origin.file, start, content.path)
        if variable is not None:
            text = variable.node.origin.environment.get(variable.text())
            return None if text is None else (text, variable.where)
        if file is None:
            self._notes.left_out(
                f"the {section.removesuffix('s')} {name!r} is kept elsewhere; what it says is not known here",
                declared.where,
            )
            return None
        path = Path(joined(file.node.origin.folder, file.text()))
        text = self._text(path, file)
        return None if text is None else (text, Where(str(path), 1))

    def _bound(self, source: str, target: str, entry: Field, build: Path | None) -> Iterator[MountedFile]:
        folder = entry.node.origin.folder
        path = Path(joined(folder, source))
        if source.startswith("~") or not self._may_read(path, folder):
            return
        sources = build is not None and _within(path, build)
        if not exists(path):
            if not sources and _looks_like_configuration(path, target):
                self._notes.uncertain(
                    f"{path} is mounted and does not exist here; what it says is not known", entry.where
                )
        elif is_file(path):
            text = self._text(path, entry)
            if text is not None:
                yield MountedFile(target, text, Where(str(path), 1), shared=f"file {path}")
        elif not sources:
            # What is mounted over the sources of the image is a program, no configuration.
            for file in self._configuration_in(path, entry):
                text = self._text(file, entry)
                if text is not None:
                    inside = str(PurePosixPath(target or "/") / file.relative_to(path).as_posix())
                    yield MountedFile(inside, text, Where(str(file), 1), shared=f"folder {path}")

    def _configuration_in(self, folder: Path, entry: Field) -> list[Path]:
        found: list[Path] = []
        for place, folders, names in os.walk(folder):
            depth = len(Path(place).relative_to(folder).parts)
            folders[:] = sorted(name for name in folders if name not in _DATA) if depth < _DEEPEST else []
            found += [Path(place, name) for name in sorted(names) if Path(name).suffix.lower() in _CONFIGURATION]
            if len(found) > MOST_FILES:
                self._notes.left_out(
                    f"of {folder} only the first {MOST_FILES} configuration files were read", entry.where
                )
                return found[:MOST_FILES]
        return found

    def _may_read(self, path: Path, folder: Path) -> bool:
        return _within(path, self._project) or _within(path, folder)

    def _text(self, path: Path, entry: Field) -> str | None:
        key = str(path)
        if key not in self._texts:
            self._texts[key] = self._read(path, entry) if self._may_read(path, entry.node.origin.folder) else None
        return self._texts[key]

    def _read(self, path: Path, entry: Field) -> str | None:
        try:
            if not exists(path):
                self._notes.uncertain(f"{path} does not exist here; what it says is not known", entry.where)
                return None
            if not is_file(path) or path.stat().st_size > LARGEST_FILE:
                return None
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return None
        except OSError:
            self._notes.uncertain(f"{path} cannot be read; what it says is not known", entry.where)
            return None
        return None if "\0" in text else text


def _within(path: Path, folder: Path) -> bool:
    """Whether ``path`` lies in ``folder`` after every link is followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a circle of links, a NUL in the name
        return False


def _looks_like_configuration(path: Path, target: str) -> bool:
    """Whether a path that is missing is worth a word: a folder for data is made when the system starts."""
    return bool(path.suffix) or "conf" in f"{path.name}{target}".lower() or target.startswith("/etc/")


def _parts(entry: Field) -> tuple[str, str, str]:
    """Kind, source and target of a mount in either form."""
    if not isinstance(entry.value, dict):
        short = split_volume(entry.text())
        return ("bind" if short.is_path else "volume"), short.source, short.target
    kind, source, target = (entry.get(key) for key in ("type", "source", "target"))
    named = source.text() if source else ""
    usual = "bind" if is_path(named) else "volume"
    return (kind.text() if kind else usual), named, target.text() if target else ""


def _is_read_only(entry: Field) -> bool:
    if isinstance(entry.value, dict):
        flag = entry.get("read_only")
        return flag is not None and flag.flag()
    return "ro" in split_volume(entry.text()).options


def _build_folder(service: Field) -> Path | None:
    build = service.get("build")
    if build is None:
        return None
    context = build.get("context") if isinstance(build.value, dict) else build
    if context is None or "://" in context.text():
        return None
    return Path(joined(context.node.origin.folder, context.text()))
