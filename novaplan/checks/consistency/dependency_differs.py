"""A service uses the same servers, databases and topics in both descriptions.

When one says another database, or another Redis DB, the service finds its tables or keys empty there, or reads those of
another service. When one leaves a server out, what needs it is switched off or fails. Servers are compared by their
kind, since their names differ from place to place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from novaplan.checks.consistency._pairs import services, short, stem, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.importers.addresses.names import Says, says, words
from novaplan.importers.draft import Where
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

SEVERITY = "warning"

_PARTS: Final = (
    ("database", "database"),
    ("logical_db", "logical DB"),
    ("group", "consumer group"),
    ("topic", "topic"),
)


def against(one: Description, other: Description) -> Iterator[Found]:
    """Differences in what services that both have are told to use."""
    both = topologies(one, other)
    if both is None:
        return
    uses = [_uses(both[0], both[1]), _uses(both[1], both[0])]
    for mine, theirs in services(*both):
        here, there = uses[0].get(mine.name, {}), uses[1].get(theirs.name, {})
        lost = [
            server for server in sorted(there.keys() - here.keys()) if not _is_told(mine, theirs, server, there[server])
        ]
        helpers = [server for server in lost if _is_helper(both[1], there[server])]
        for servers in ([server for server in lost if server not in helpers], helpers):
            if servers:
                listed = ", ".join(servers)
                yield Found(
                    mine.name,
                    f"uses {listed} in {short(other)} and not in {short(one)}: what needs them is missing there",
                    f"give it the address of {listed} in {short(one)}, or take it out of {short(other)}",
                    one.places.get(mine.name),
                    "note" if servers is helpers else None,
                )
        more = [
            server for server in sorted(here.keys() - there.keys()) if not _is_told(theirs, mine, server, here[server])
        ]
        if more:
            yield Found(
                mine.name,
                f"uses {', '.join(more)} in {short(one)} and not in {short(other)}",
                f"give it the same in {short(other)}, or take it out",
                _place(here[more[0]]) or one.places.get(mine.name),
                "note",
            )
        for server in sorted(here.keys() & there.keys()):
            yield from _parts(one, other, mine.name, server, here[server], there[server])


def _parts(
    one: Description, other: Description, name: str, server: str, here: list[Dependency], there: list[Dependency]
) -> Iterator[Found]:
    for field, shown in _PARTS:
        mine, theirs = _values(here, field), _values(there, field)
        if mine and theirs and mine.isdisjoint(theirs):
            yield Found(
                name,
                f"uses {shown} {', '.join(sorted(mine))} of {server} in {short(one)}, and "
                f"{', '.join(sorted(theirs))} in {short(other)}",
                "write the same in both",
                _place(here) or one.places.get(name),
            )


def _values(edges: list[Dependency], field: str) -> set[str]:
    return {str(value) for edge in edges if (value := getattr(edge, field)) is not None}


def _place(edges: list[Dependency]) -> Where | None:
    place = next((place for edge in edges for place in edge.evidence), None)
    return Where(place.file, place.line, place.field) if place else None


def _is_told(without: Service, having: Service, server: str, edges: list[Dependency]) -> bool:
    """Whether the variables say it already: ``without`` has one that speaks of the server although nothing answers to
    what it says, or all that lead there in ``having`` are not set, which missing-variable tells."""
    wanted = set(words(server))
    own, given = _variables(without), _variables(having)
    leading = {
        word for edge in edges for place in edge.evidence for word in re.findall(r"\w+", place.field or "")
    } & given
    lost = own and leading and leading.isdisjoint(own)
    return bool(lost) or any(says(name) is Says.ADDRESS and wanted <= set(words(name)) for name in own)


def _variables(service: Service) -> set[str]:
    return {variable.name for container in service.containers for variable in container.env}


def _is_helper(topology: Topology, edges: list[Dependency]) -> bool:
    """Whether the server only looks after the system: traces it, catches its mail, moves its data."""
    server = topology.service.get(edges[0].server)
    return server is not None and server.role == "infrastructure"


def _uses(topology: Topology, other: Topology) -> dict[str, dict[str, list[Dependency]]]:
    """What each service uses: kinds of datastores, and by the stems of their names other services, and what the other
    description takes for a service."""
    by_name = {stem(service.name) for service in other.services}
    found: dict[str, dict[str, list[Dependency]]] = defaultdict(lambda: defaultdict(list))
    for edge in topology.dependencies:
        if edge.possible or edge.client not in topology.service:
            continue
        store = topology.datastore.get(edge.server)
        if store is not None:
            known = stem(store.name)
            found[edge.client][known if known in by_name else store.kind].append(edge)
        elif edge.server in topology.service:
            found[edge.client][stem(edge.server)].append(edge)
    return found
