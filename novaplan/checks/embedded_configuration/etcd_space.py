"""etcd has room for what it keeps.

Its database grows to ``quota-backend-bytes`` (2 GiB unless stated), and it refuses writes from then on; on a volume
that is smaller the disk is full first, and members stop. Without ``auto-compaction`` every change is kept for ever,
so each etcd gets there.
Source: https://etcd.io/docs/v3.5/op-guide/maintenance/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft
from novaplan.quantity import format_bytes

SEVERITY = "warning"
_USUAL = 2 * 1024**3


def workloads(draft: Draft) -> Iterator[Found]:
    """etcd members with a volume."""
    for server in servers(draft, "etcd"):
        if server.scripted:
            continue
        quota = _stated(server, "quota-backend-bytes")
        most = int(quota) if quota is not None and quota.isdecimal() and int(quota) else _USUAL
        sizes = [volume.size for volume in server.workload.volumes if volume.size]
        if sizes and max(sizes) < most:
            grows = f"its database may grow to {format_bytes(most)}"
            text = f"{grows} on a volume of {format_bytes(max(sizes))}: the disk is full first"
            remedy = "set quota-backend-bytes below the size of the volume"
            yield Found(server.label, text, remedy, server.workload.where)
        if _stated(server, "auto-compaction-retention") in (None, "0"):
            text = "keeps every change for ever, since auto-compaction-retention is not set, until it refuses writes"
            yield Found(
                server.label, text, "set auto-compaction-retention, to 1h for example", server.workload.where, "note"
            )


def _stated(server: Server, name: str) -> str | None:
    flag, variable = server.last(name), f"ETCD_{name.replace('-', '_').upper()}"
    if flag is not None:
        return flag.first
    return next((item.text for item in server.container.settings if item.name == variable), None)
