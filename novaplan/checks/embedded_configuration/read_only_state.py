"""A file that a program rewrites can be written, and is kept.

A Sentinel saves what it learns (master, epoch, other Sentinels) into its own configuration file, and refuses
to start when it may not write there. ConfigMaps and Secrets are always mounted read-only. A single file that is
mounted from the host cannot be replaced either: Sentinel starts, fails to save, and knows nothing of a failover after a
restart.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ and
https://kubernetes.io/docs/concepts/storage/volumes/#configmap
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import servers
from novaplan.importers.draft import Draft

SEVERITY = "error"
_REMEDY = "copy the file to a volume in a start script, and start the Sentinel with the copy"


def workloads(draft: Draft) -> Iterator[Found]:
    """Sentinels whose configuration file is mounted."""
    for server in servers(draft, "redis-sentinel"):
        path = server.config.path if server.config is not None else ""
        for mount in server.container.mounts if path else ():
            if path != mount.path and not path.startswith(f"{mount.path.rstrip('/')}/"):
                continue
            if mount.kind in ("config", "secret") or mount.read_only:
                text = f"{path} is mounted read-only: Sentinel must write there, and exits because it may not"
                yield Found(server.label, text, _REMEDY, mount.where)
            elif path == mount.path:
                text = f"{path} is mounted as a single file, which Sentinel cannot replace: it forgets every failover"
                yield Found(server.label, text, _REMEDY, mount.where, "warning")
