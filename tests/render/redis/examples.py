"""What the tests of Redis share: a system with one Redis, and what is made of it."""

from __future__ import annotations

from typing import Any

from novaplan.render.context import Context
from novaplan.render.datastores import redis
from novaplan.render.manifests import Manifest
from novaplan.topology.datastore import Datastore
from novaplan.topology.system import Topology
from tests.render.examples import settings

SENTINEL = {"type": "sentinel", "members": 3, "sentinels": 3, "quorum": 2}


def context(store: dict[str, Any], *edges: dict[str, Any], **wanted: Any) -> Context:
    """A service ``web`` and a Redis called ``cache``; ``store`` are further fields of that one."""
    body = {
        "name": "small",
        "namespaces": [{"name": "front"}, {"name": "back"}],
        "services": [{"name": "web", "namespace": "front"}],
        "datastores": [{"name": "cache", "kind": "redis", "namespace": "back", **store}],
        "dependencies": [{"client": "web", "server": "cache", "mode": "writes", **edge} for edge in edges],
    }
    return Context(Topology.model_validate(body), settings().model_copy(update=wanted))


def sentinel(**changes: Any) -> dict[str, Any]:
    """The field ``deployment`` with Sentinels."""
    return {"deployment": {**SENTINEL, **changes}}


def cache(where: Context) -> Datastore:
    """The Redis."""
    return where.topology.datastore["cache"]


def objects(where: Context) -> list[Manifest]:
    """Everything that runs it."""
    return redis.objects(where, cache(where))


def texts(where: Context) -> dict[str, str]:
    """The files of its ConfigMap."""
    found: dict[str, str] = next(item["data"] for item in objects(where) if item["kind"] == "ConfigMap")
    return found


def told(text: str) -> dict[str, str]:
    """The directives of redis.conf or sentinel.conf; one that names the master is known by both of its words."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            size = 2 if words[0] == "sentinel" else 1
            key, rest = " ".join(words[:size]), words[size:]
            assert key not in found, f"{key} stands there twice"
            found[key] = " ".join(word for word in rest if word != "mymaster")
    return found
