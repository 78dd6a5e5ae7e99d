"""A list of members in a ConfigMap agrees with the members.

Whoever reads it connects to ports on which nobody listens, or waits for members that do not exist; where nothing reads
it, it misleads whoever does next.
Source: https://etcd.io/docs/v3.5/op-guide/clustering/#static
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.found import Found
from novaplan.importers.draft import Where

SEVERITY = "warning"
_ENTRY = re.compile(r"\b([a-z0-9.\-]+)=(https?)://([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)[A-Za-z0-9.\-]*:(\d+)")


def objects(cluster: Cluster) -> Iterator[Found]:
    """ConfigMaps with entries ``name=http://name.service:port``, whose Service selects a workload here."""
    for manifest, _, text, where in cluster.texts():
        found = [(number, match) for number, line in enumerate(text.splitlines()) for match in _ENTRY.finditer(line)]
        if len(found) < 2:
            continue
        for number, match in found:
            service = cluster.get("Service", manifest.namespace, match[4])
            behind = cluster.behind(service) if service is not None else []
            ports = {
                port.get("containerPort")
                for item in behind
                for one in item.containers
                for port in one.get("ports") or ()
            }
            if ports and int(match[5]) not in ports:
                shown = ", ".join(str(port) for port in sorted(port for port in ports if isinstance(port, int)))
                stated = f"{match[1]} on port {match[5]}, and the pods of {match[4]} listen on {shown}"
                line = (where.line or 1) + number + (1 if "\n" in text else 0)
                place = Where(where.file, line, where.field)
                yield Found(label(manifest), f"leads to {stated}", "use the port that they listen on", place)
