"""A consumer group belongs to one service, which does one thing with a message.

A message goes to one member of a group. Where two services share a group, each gets only some of the messages and
nobody gets all: whatever the other one was to do with them is never done.
Source: https://kafka.apache.org/documentation/#intro_consumers
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "error"


def topology(system: System) -> Iterator[Found]:
    """Groups with members of several services on one topic."""
    members: dict[tuple[str, str, str], dict[str, str | None]] = defaultdict(dict)
    for edge in system.topology.dependencies:
        if edge.mode == "consumes" and edge.group and edge.topic and not edge.possible:
            members[edge.server, edge.group, edge.topic][edge.client] = edge.handler
    for (server, group, topic), found in sorted(members.items()):
        if len(found) > 1:
            same = len(set(found.values())) == 1 and None not in found.values()
            yield Found(
                server,
                f"group {group} of topic {topic} is shared by {', '.join(sorted(found))}; each gets only some of the"
                " messages",
                "give each service a group of its own",
                severity="warning" if same else "error",
            )
