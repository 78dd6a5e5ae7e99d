"""Every datastore is used by somebody.

A server without clients costs what it requests, has to be patched and backed up, and often shows that a client reaches
another one than was meant. A server that itself follows another one is a copy and is left alone. In
manifests and compose files it is a warning, since an address that leads elsewhere is the likely reason; in a topology,
whose edges are stated, a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.datastore import Managed

SEVERITY = "warning"


def topology(system: System) -> Iterator[Found]:
    """Datastores that no dependency leads to."""
    used = {name for edge in system.topology.dependencies for name in (edge.server, edge.client)}
    used |= {name for service in system.topology.services for name in service.startup.wait_for}
    for store in system.topology.datastores:
        if store.name not in used and not isinstance(store.deployment, Managed) and not store.optional:
            yield Found(
                store.name,
                f"runs, and nothing here uses it{_instead(system, store.kind)}",
                "remove it, or correct the address of the client it was made for",
                severity=None if system.imported else "note",
            )


def _instead(system: System, kind: str) -> str:
    same = sorted(
        {
            edge.server
            for edge in system.topology.dependencies
            for store in [system.topology.datastore.get(edge.server)]
            if store is not None and store.kind == kind
        }
    )
    return f"; all clients of {kind} use {', '.join(same)}" if same else ""
