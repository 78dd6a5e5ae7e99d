"""Objects that a controller makes Secrets of: ExternalSecrets and SealedSecrets stand for those Secrets.

What a Secret holds is in them, or in a store elsewhere; its name and its keys are in plain sight
(https://external-secrets.io/latest/api/externalsecret/, https://github.com/bitnami-labs/sealed-secrets).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from novaplan.importers.draft import Note
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.importers.marks import KEYS

_EXTERNAL: Final = ("ExternalSecret", "external-secrets.io")
_SEALED: Final = ("SealedSecret", "bitnami.com")


def with_secrets(found: Iterable[Manifest], notes: list[Note]) -> list[Manifest]:
    """``found``, where a Secret stands for everything it is made of. One that is here itself counts alone."""
    objects = list(found)
    here = {item.key for item in objects if item.kind == "Secret"}
    made: dict[tuple[str, str, str, str], Manifest] = {}
    kept: list[Manifest] = []
    for item in objects:
        source = (item.kind, item.group)
        if source not in (_EXTERNAL, _SEALED):
            kept.append(item)
            continue
        secret = _of_store(item, notes) if source == _EXTERNAL else _of_seal(item)
        if secret.key in made:  # several fill one Secret
            known = made[secret.key].value
            known["data"] = {**known["data"], **secret.value["data"]}
            known["type"] = known["type"] or secret.value["type"]
        elif secret.key not in here:
            made[secret.key] = secret
            kept.append(secret)
    return kept


def stated_keys(manifest: Manifest) -> list[str]:
    """The keys that a Secret rendered without its values says it needs."""
    text = manifest.map(manifest.metadata, "annotations").get(KEYS)
    try:
        keys = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        keys = None
    return list(keys) if isinstance(keys, dict) else []


def _of_store(item: Manifest, notes: list[Note]) -> Manifest:
    target = item.map(item.spec, "target")
    template = item.map(target, "template")
    name = text_of(target.get("name")) or item.name
    keys = [text_of(entry.get("secretKey")) or "" for entry in item.maps(item.spec, "data")]
    if template.get("data"):
        merged = text_of(template.get("mergePolicy")) == "Merge"
        keys = [*(keys if merged else ()), *item.map(template, "data")]
    if item.spec.get("dataFrom"):
        message = f"ExternalSecret {item.name}: which keys it finds in its store is not known"
        notes.append(Note("uncertain", message, item.where("spec.dataFrom")))
    return _secret(item, name, keys, text_of(template.get("type")))


def _of_seal(item: Manifest) -> Manifest:
    template = item.map(item.spec, "template")
    name = text_of(item.map(template, "metadata").get("name")) or item.name
    return _secret(item, name, item.map(item.spec, "encryptedData"), text_of(template.get("type")))


def _secret(item: Manifest, name: str, keys: Iterable[str], kind: str | None) -> Manifest:
    value: dict[str, Any] = {"metadata": item.metadata, "type": kind, "data": dict.fromkeys(filter(None, keys))}
    return Manifest("Secret", name, item.namespace, "", "v1", value, item.file, item.line)
