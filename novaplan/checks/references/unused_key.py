"""Every key of a ConfigMap is read by a pod.

A setting that no container takes has no effect, whatever it promises: a pool stays at the size that is built in, a
retry is never made, a time limit is that of the library. Where some keys of an object are asked for one by one, the
others reach nobody, and that is easily overlooked, since they stand right beside those that do. A key of a Secret that
nobody reads is a credential that is spread for nothing.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator
from typing import Any, Final

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.checks.usage import is_made, keys_of, keys_read
from novaplan.importers.addresses.names import words
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "warning"

_ADDRESSES: Final = ("url", "uri", "host", "hosts", "endpoint", "address", "addr")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Objects of which some keys are read, and others by nobody; one finding for each object."""
    taken = keys_read(cluster)
    for item in cluster.of_kind("ConfigMap", "Secret"):
        read = taken.get((item.kind, item.namespace or DEFAULT_NAMESPACE, item.name))
        if read is None or None in read or is_made(item):
            continue
        known = keys_of(item)
        lost = [key for key in known if key not in read]
        for key in _needed(item, known, lost, read):
            lost.remove(key)
            yield Found(
                label(item),
                f"no container reads {key}, and one reads the address of {words(key)[0]} beside it: that connects "
                "without a login",
                f"give {key} to the container that is given the address",
                place(item, known[key], key),
                "warning",
            )
        if lost:
            secret = item.kind == "Secret"
            effect = "credentials without a use" if secret else "what they set has no effect"
            yield Found(
                label(item),
                f"no container reads {', '.join(lost)}: {effect}",
                "give them to the containers they are meant for, or remove them",
                place(item, known[lost[0]], lost[0]),
                "note" if secret else None,
            )


def _needed(item: Manifest, known: dict[str, Any], lost: list[str], read: Collection[str | None]) -> list[str]:
    """Passwords that nobody reads, of a server whose address is read and holds no login itself."""
    addresses = {words(key)[0] for key in read if key in known and words(key)[-1:] and words(key)[-1] in _ADDRESSES}
    logins = {words(key)[0] for key in read if key in known and "@" in _text(known[key], item, key)}
    return [
        key
        for key in lost
        if words(key)[-1:] == ("password",) and words(key)[0] in addresses - logins and _text(known[key], item, key)
    ]


def _text(node: dict[str, Any], item: Manifest, key: str) -> str:
    text = text_of(node.get(key)) or ""
    if item.kind != "Secret" or node is item.value.get("stringData"):
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
