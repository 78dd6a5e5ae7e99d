"""A datastore is the same program in the same major version in both descriptions.

Images of other makers are set up in other ways (what they log for replication, which extensions they carry, which
variables they read), and another major version reads other files. What was tried in one place is not what runs in the
other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.consistency._pairs import short, stem, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.importers.recognition import image_path
from novaplan.topology.datastore import Datastore
from novaplan.topology.system import Topology

SEVERITY = "warning"

_VERSION = re.compile(r":[a-zA-Z]*[.\-]?(\d+)(?:\.(\d+))?")


def against(one: Description, other: Description) -> Iterator[Found]:
    """Datastores of one kind and name, or the only ones of their kind, whose images differ."""
    both = topologies(one, other)
    if both is None:
        return
    mine, theirs = _by_kind(both[0]), _by_kind(both[1])
    for kind in sorted(mine.keys() & theirs.keys()):
        for store in mine[kind]:
            found = [item for item in theirs[kind] if stem(item.name) == stem(store.name)]
            twin = found[0] if found else theirs[kind][0] if len(theirs[kind]) == len(mine[kind]) == 1 else None
            what = _difference(store.image or "", twin.image or "") if twin is not None else None
            if twin is not None and what:
                yield Found(
                    store.name,
                    f"is {store.image} in {short(one)} and {twin.image} in {short(other)}: {what}",
                    "run one image in both",
                    one.places.get(store.name),
                )


def _by_kind(topology: Topology) -> dict[str, list[Datastore]]:
    found = defaultdict(list)
    for store in topology.datastores:
        if store.image:
            found[store.kind].append(store)
    return found


def _difference(one: str, other: str) -> str | None:
    if image_path(one) != image_path(other):
        return "images of other makers are set up differently"
    mine, theirs = _VERSION.search(one), _VERSION.search(other)
    return "another major version" if mine and theirs and mine[1] != theirs[1] else None
