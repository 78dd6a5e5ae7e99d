"""A server that may start slowly is not killed while it does.

After a crash a database reads its log before it answers, and that takes minutes when there was much to write. A
liveness probe counts from the first second: when it fails for longer than its patience, the kubelet kills the server in
the middle of recovery, which then starts again from the beginning, for ever. A startupProbe holds the liveness probe
back until the server has answered once.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/,
https://www.postgresql.org/docs/current/wal-configuration.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of
from novaplan.importers.recognition import Recognition, image_path

SEVERITY = "warning"

_PATIENCE: Final = 180
"""Seconds; recovery of a busy database is rarely shorter, and checkpoints are 5 minutes apart by default."""
_ANSWERS_TCP_EARLY: Final = frozenset(("postgres", "redis", "mysql"))
"""Servers that accept connections while they recover, so that a probe which only connects passes."""
_SLOW: Final = frozenset(("postgres", "mysql", "mongo", "elasticsearch", "neo4j", "cassandra", "kafka", "clickhouse"))


def objects(cluster: Cluster) -> Iterator[Found]:
    """Datastores with an impatient liveness probe and no startup probe."""
    for workload in cluster.workloads:
        for container in workload.containers:
            probe = container.get("livenessProbe")
            kind = _kind(text_of(container.get("image")) or "")
            if not isinstance(probe, dict) or container.get("startupProbe") or kind not in _SLOW:
                continue
            if isinstance(probe.get("tcpSocket"), dict) and kind in _ANSWERS_TCP_EARLY:
                continue
            seconds = _patience(probe)
            if seconds < _PATIENCE:
                yield Found(
                    workload.label,
                    f"{text_of(container.get('name'))} is killed when it has not answered {seconds} s after its start; "
                    f"a {kind} that recovers after a crash may take minutes, and is then killed again and again",
                    "add a startupProbe that waits for minutes, with the same question",
                    place(workload.manifest, container, "livenessProbe"),
                )


@cache
def _kind(image: str) -> str | None:
    path = image_path(image)
    known = {name: kind.kind for kind in _table().kinds.values() for name in kind.images}
    return known.get("/".join(path[-2:])) or known.get(path[-1]) if path else None


@cache
def _table() -> Recognition:
    return Recognition()


def _patience(probe: dict[str, Any]) -> int:
    whole = {key: value for key, value in probe.items() if isinstance(value, int) and not isinstance(value, bool)}
    return whole.get("initialDelaySeconds", 0) + whole.get("periodSeconds", 10) * whole.get("failureThreshold", 3)
