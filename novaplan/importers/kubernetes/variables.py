"""The variables, arguments and mounted files of a container, as the program in it sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from novaplan.importers import arguments
from novaplan.importers.draft import KeyOf, MountedFile, Note, Setting
from novaplan.importers.kubernetes.configuration import Configuration, Store, StoreKind
from novaplan.importers.kubernetes.manifests import Manifest, line_of, text_of

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_.\-][A-Za-z0-9_.\-]*)\)")
_NAME = re.compile(r"[A-Za-z_.\-][A-Za-z0-9_.\-]*")
_LONGEST_EXPANSION: Final = 100_000

REFERENCES: Final[tuple[tuple[str, StoreKind], ...]] = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))
_KEY_REFERENCES: Final[tuple[tuple[str, StoreKind], ...]] = (
    ("configMapKeyRef", "ConfigMap"),
    ("secretKeyRef", "Secret"),
)
VOLUME_SOURCES: Final[tuple[tuple[str, StoreKind, str], ...]] = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
)
PROJECTED_SOURCES: Final[tuple[tuple[str, StoreKind, str], ...]] = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "name"),
)


class Variables:
    """Reads the variables of the containers of one workload."""

    def __init__(self, manifest: Manifest, configuration: Configuration, notes: list[Note]) -> None:
        self._manifest = manifest
        self._configuration = configuration
        self._notes = notes

    def settings(self, container: dict[str, Any]) -> tuple[Setting, ...]:
        """Variables, then arguments, with ``$(VAR)`` expanded."""
        variables = self._variables(container)
        command = container.get("command")
        words = self._manifest.texts(container, "command") + self._manifest.texts(container, "args")
        if not words:
            return tuple(variables.values())
        places = [line_of(command, index) for index in range(len(command))] if isinstance(command, list) else []
        args = container.get("args")
        places += [line_of(args, index) for index in range(len(args))] if isinstance(args, list) else []
        values = {name: setting.text for name, setting in variables.items()}
        expanded = [expand(word, values) for word in words]
        wheres = [self._manifest.where(f"args[{index}]", line) for index, line in enumerate(places)]
        return (*variables.values(), *arguments.settings(expanded, wheres, words))

    def files(self, container: dict[str, Any], volumes: dict[str, dict[str, Any]]) -> tuple[MountedFile, ...]:
        """The files that are mounted from ConfigMaps and Secrets."""
        found: list[MountedFile] = []
        if container.get("volumeMounts") is None:
            return ()
        for mount in self._manifest.maps(container, "volumeMounts"):
            volume = volumes.get(text_of(mount.get("name")) or "")
            path = (text_of(mount.get("mountPath")) or "").rstrip("/")
            only = (text_of(mount.get("subPath")) or "").strip("/")
            for name, store, key, shared in self._mounted(volume) if volume else ():
                text = store.entries[key].text
                if text and (not only or name == only or name.startswith(f"{only}/")):
                    inside = "" if name == only else name.removeprefix(f"{only}/") if only else name
                    full = f"{path}/{inside}" if inside else path
                    found.append(MountedFile(full, text, store.where(key), store.kind == "Secret", shared))
        return tuple(found)

    def _mounted(self, volume: dict[str, Any]) -> Iterator[tuple[str, Store, str, str | None]]:
        """File name, store and key of everything in a volume."""
        yield from self._items(volume, VOLUME_SOURCES)
        if volume.get("projected") is None:
            return
        for source in self._manifest.maps(self._manifest.map(volume, "projected"), "sources"):
            yield from self._items(source, PROJECTED_SOURCES)

    def _items(
        self, volume: dict[str, Any], sources: tuple[tuple[str, StoreKind, str], ...]
    ) -> Iterator[tuple[str, Store, str, str | None]]:
        for field, kind, naming in sources:
            source = volume.get(field)
            if not isinstance(source, dict):
                continue
            name = text_of(source.get(naming)) or ""
            store = self._store(kind, name, optional=source.get("optional") is True, used=source)
            if store is None:
                continue
            shared = self._configuration.shared(kind, self._manifest.namespace, name)
            items = self._manifest.maps(source, "items")
            keys = {text_of(item.get("key")) or "": text_of(item.get("path")) or "" for item in items}
            for key, path in keys.items() if keys else ((key, key) for key in store.entries):
                if key in store.entries:
                    yield path, store, key, shared

    def _variables(self, container: dict[str, Any]) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        if container.get("envFrom") is not None:
            for source in self._manifest.maps(container, "envFrom"):
                self._take_all(source, found)
        listed = self._manifest.maps(container, "env")
        values: dict[str, str | None] | None = None
        for index, item in enumerate(listed):
            name = text_of(item.get("name"))
            if not name:
                continue
            setting = self._variable(name, item, line_of(container["env"], index))
            if setting.text is not None and "$(" in setting.text and setting.secret is None and setting.config is None:
                # A variable may use those before it, whatever they come from.
                values = {key: one.text for key, one in found.items()}
                text = expand(setting.text, values)
                if text != setting.text:
                    setting = replace(setting, text=text, written=setting.text)
            found.pop(name, None)
            found[name] = setting
        return found

    def _variable(self, name: str, item: dict[str, Any], line: int | None) -> Setting:
        where = self._manifest.where(name, line)
        source = item.get("valueFrom")
        if not isinstance(source, dict):
            return Setting(name, text_of(item.get("value")) or "", where)
        for field, kind in _KEY_REFERENCES:
            reference = source.get(field)
            if isinstance(reference, dict):
                return self._from_key(name, kind, reference, line)
        pod_field = source.get("fieldRef") or source.get("resourceFieldRef")
        if isinstance(pod_field, dict):
            shown = text_of(pod_field.get("fieldPath") or pod_field.get("resource"))
            return Setting(name, None, where, pod_field=shown)
        return Setting(name, None, where)

    def _from_key(self, name: str, kind: StoreKind, reference: dict[str, Any], line: int | None) -> Setting:
        key = KeyOf(
            text_of(reference.get("name")) or "", text_of(reference.get("key")) or "", reference.get("optional") is True
        )
        store = self._store(kind, key.name, optional=key.optional, used=reference)
        entry = store.entries.get(key.key) if store is not None else None
        if store is not None and entry is None and not key.optional:
            message = f"{kind} {key.name} has no key {key.key!r}"
            self._notes.append(Note("uncertain", message, self._manifest.where(name, line)))
        where = (
            store.where(key.key, name) if store is not None and entry is not None else self._manifest.where(name, line)
        )
        text = entry.text if entry is not None else None
        if kind == "Secret":
            return Setting(name, text, where, secret=key)
        return Setting(name, text, where, config=key)

    def _take_all(self, source: dict[str, Any], found: dict[str, Setting]) -> None:
        prefix = text_of(source.get("prefix")) or ""
        for field, kind in REFERENCES:
            reference = source.get(field)
            if not isinstance(reference, dict):
                continue
            name = text_of(reference.get("name")) or ""
            store = self._store(kind, name, optional=reference.get("optional") is True, used=reference)
            if store is None:
                continue
            shared = self._configuration.shared(kind, self._manifest.namespace, name)
            for key, entry in store.entries.items():
                variable = prefix + key
                if _NAME.fullmatch(variable):
                    where = store.where(key, variable)
                    origin = KeyOf(name, key)
                    secret, config = (origin, None) if kind == "Secret" else (None, origin)
                    found[variable] = Setting(variable, entry.text, where, secret=secret, config=config, shared=shared)

    def _store(self, kind: StoreKind, name: str, *, optional: bool, used: dict[str, Any]) -> Store | None:
        store = self._configuration.store(kind, self._manifest.namespace, name)
        if store is None and not optional:
            owner = f"{self._manifest.kind} {self._manifest.name}"
            where = self._manifest.where(owner, line_of(used, None))
            self._notes.append(Note("uncertain", f"{kind} {name!r} is not here; what it says is not known", where))
        return store


def expand(text: str, values: dict[str, str | None]) -> str:
    """``text`` with ``$(VAR)`` replaced as Kubernetes does it: what is not known stays, ``$$`` is a dollar sign."""
    if "$" not in text:
        return text

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        value = values.get(match[1])
        return match[0] if value is None else value

    return _REFERENCE.sub(replacement, text)[:_LONGEST_EXPANSION]
