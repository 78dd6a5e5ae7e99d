"""Redis servers and the Sentinels that watch them, by the namespace they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft


@dataclass(slots=True)
class Group:
    """What is watched together."""

    data: list[Server] = field(default_factory=list)
    sentinels: list[Server] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many Sentinels run."""
        return sum(item.workload.replicas for item in self.sentinels)

    @property
    def replicas(self) -> list[Server]:
        """Servers that are told to follow another one."""
        return [item for item in self.data if item.last("slaveof", "replicaof") is not None]


def groups(draft: Draft) -> Iterator[Group]:
    """Every namespace that has a Redis, or a Sentinel."""
    found: dict[str | None, Group] = defaultdict(Group)
    for server in servers(draft, "redis-server", "redis-sentinel"):
        group = found[server.workload.namespace]
        (group.data if server.program == "redis-server" else group.sentinels).append(server)
    yield from found.values()


def watched(draft: Draft) -> Iterator[Group]:
    """Those with both."""
    return (group for group in groups(draft) if group.data and group.sentinels)
