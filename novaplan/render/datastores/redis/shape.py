"""How a Redis is laid out: the names of its workloads, Services and pods, and its ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from novaplan.render.context import Context
from novaplan.render.credentials import server_secret
from novaplan.render.endpoints import DEFAULT_PORTS, sentinel_service
from novaplan.topology.datastore import Datastore, Sentinel

SERVER: Final = "server"
SENTINEL: Final = "sentinel"
"""The two roles that a pod can have, as the label ``app.kubernetes.io/component`` says them."""
PASSWORD_KEY: Final = "password"
DATA: Final = "/data"
"""Where a pod keeps its data and the configuration that Redis itself changes; redis:7-alpine expects it there."""
CONFIG: Final = "/config"
"""Where the ConfigMap is mounted, which nobody can write to."""
USER: Final = 999
GROUP: Final = 1000
"""``redis`` in redis:7-alpine."""
IMAGE: Final = "redis:7-alpine"
"""Where the topology names none."""


@dataclass(frozen=True)
class Shape:
    """One Redis in its context."""

    context: Context
    datastore: Datastore

    @property
    def name(self) -> str:
        """Of the datastore, its data pods and the Service that clients know it by."""
        return self.datastore.name

    @property
    def port(self) -> int:
        """Where Redis listens."""
        return self.datastore.port or DEFAULT_PORTS["redis"]

    @property
    def sentinel(self) -> Sentinel | None:
        """The deployment with Sentinels; None for a single server."""
        found = self.datastore.deployment
        return found if isinstance(found, Sentinel) else None

    @property
    def separate(self) -> bool:
        """Whether Sentinels have pods of their own."""
        return self.sentinel is not None and self.sentinel.placement == "separate"

    @property
    def headless(self) -> str:
        """The Service that gives each data pod its name."""
        return f"{self.name}-headless"

    @property
    def sentinel_headless(self) -> str:
        """The Service that gives each pod with a Sentinel its name."""
        return f"{sentinel_service(self.datastore)}-headless" if self.separate else self.headless

    @property
    def sentinel_role(self) -> str:
        """The role of the pods that have a Sentinel."""
        return SENTINEL if self.separate else SERVER

    @property
    def sentinel_pods(self) -> list[str]:
        """The names of the pods that have a Sentinel."""
        workload = sentinel_service(self.datastore) if self.separate else self.name
        return [f"{workload}-{number}" for number in range(self.sentinel.sentinels if self.sentinel else 0)]

    @property
    def secret(self) -> str:
        """The Secret with the password."""
        return server_secret(self.name)

    @property
    def config(self) -> str:
        """The ConfigMap with the configuration and the scripts."""
        return f"{self.name}-config"

    @property
    def persistent(self) -> bool:
        """Whether anything is kept on disk."""
        return self.datastore.persistence.snapshots or self.datastore.persistence.append_only
