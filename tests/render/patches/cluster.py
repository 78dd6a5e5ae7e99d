"""A cluster as a map of objects, to which the files of a patch are applied as ``apply.sh`` does with ``kubectl``."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from typing import Any

import yaml

from novaplan.render.layouts.differences import Identity, by_identity
from novaplan.render.manifests import Manifest, identity
from novaplan.render.tree import File

_PATCH = re.compile(r"^  kubectl (.* )?patch secret .*$", re.MULTILINE)
_DROP = re.compile(r"^  drop (\S+)$", re.MULTILINE)
_DELETE = re.compile(r"^  kubectl (.* )?delete (?!persistentvolumeclaim|namespace|--ignore)\S+ .*$", re.MULTILINE)

Cluster = dict[Identity, Manifest]


def of(manifests: Iterable[Manifest]) -> Cluster:
    return by_identity(manifests)


def apply(cluster: Cluster, files: dict[str, File]) -> Cluster:
    """What runs after ``apply.sh`` of a patch, its Secrets filled in on the way."""
    found, script = dict(cluster), files["apply.sh"].text
    for words in map(shlex.split, (match[0] for match in _PATCH.finditer(script))):
        own = _own(found, "secret", words)
        found[own] = _merged(found[own], json.loads(words[-1]))
    for words in map(shlex.split, (match[0] for match in _DELETE.finditer(script))):
        del found[_own(found, words[words.index("delete") + 1], words)]
    for name, file in files.items():
        if name.startswith("secret-"):
            (item,) = _objects(file)
            found.setdefault(identity(item), item)
    for name in ("namespaces.yaml", "apply.yaml"):
        for item in _objects(files.get(name)):
            found[identity(item)] = item
    for name in _DROP.findall(script):
        del found[_own(found, "namespace", ["namespace", *shlex.split(name)])]
    for item in _objects(files.get("delete.yaml")):
        del found[identity(item)]
    return found


def _objects(file: File | None) -> list[Manifest]:
    return [] if file is None else list(yaml.load_all(file.text, Loader=yaml.CSafeLoader))


def _own(cluster: Cluster, kind: str, words: list[str]) -> Identity:
    space = words[words.index("-n") + 1] if "-n" in words else ""
    name = words[words.index(kind) + 1]
    (found,) = [own for own in cluster if (own[1].lower(), own[2], own[3]) == (kind, space, name)]
    return found


def _merged(value: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7386); what it leaves empty, nobody writes."""
    if not isinstance(patch, dict):
        return patch
    found = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            found.pop(name, None)
        elif made := _merged(found.get(name), change):
            found[name] = made
        else:
            found.pop(name, None)
    return found
