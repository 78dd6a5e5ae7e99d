"""What one description of a system runs, the other runs too.

A service that is in the compose file and in no manifest is missing in the cluster, and whatever calls it fails there; a
datastore that only one of them has is data that the other one's services cannot reach. Datastores count by their kind,
also when somebody else runs them. What is optional, or only there to look after the others, is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.consistency._pairs import services, short, stem, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.topology.datastore import Managed
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

SEVERITY = "warning"

_OF_A_KIND: Final = {"zookeeper": "kafka"}
"""What comes with another, and goes with it."""


def against(one: Description, other: Description) -> Iterator[Found]:
    """Services and kinds of datastores that only one of the two has."""
    both = topologies(one, other)
    if both is None:
        return
    pairs = list(services(*both))
    yield from _missing(other, one, both[1], both[0], {theirs.name for _, theirs in pairs}, in_other=True)
    yield from _missing(one, other, both[0], both[1], {mine.name for mine, _ in pairs}, in_other=False)


def _missing(
    here: Description, there: Description, have: Topology, lack: Topology, paired: set[str], *, in_other: bool
) -> Iterator[Found]:
    """What ``have`` has and ``lack`` lacks."""
    remedy = f"add it to {short(there)}, or say in both why it is not there"
    named = {stem(name) for name in (*lack.service, *lack.datastore, *(item.name for item in lack.externals))}
    for service in have.services:
        if service.name not in paired and stem(service.name) not in named:
            lesser = _is_lesser(service, lack) or not in_other
            text = f"runs in {short(here)}, and nothing in {short(there)} stands for it"
            yield Found(service.name, text, remedy, here.places.get(service.name), "note" if lesser else None)
    kinds = {store.kind for store in lack.datastores}
    told = set()
    for store in have.datastores:
        if store.kind in kinds or store.kind in told or isinstance(store.deployment, Managed):
            continue
        if _OF_A_KIND.get(store.kind) in kinds or stem(store.name) in named:
            continue
        told.add(store.kind)
        text = f"is the {store.kind} of {short(here)}, and {short(there)} has none"
        yield Found(store.name, text, remedy, here.places.get(store.name), None if in_other else "note")


def _is_lesser(service: Service, lack: Topology) -> bool:
    """Whether the system works without it: what is optional or looks after others, and a gateway where routes do."""
    return service.optional or service.role == "infrastructure" or (service.role == "gateway" and bool(lack.routes))
