"""Which component of one description is which of the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from novaplan.checks.reading import Description
from novaplan.importers.addresses.names import words
from novaplan.importers.recognition import image_path
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

_SURNAMES: Final = frozenset(("service", "svc", "server", "app", "api", "deployment"))


def stem(name: str) -> str:
    """What is left of a name without the words that only say that it is a service: ``orders-svc`` is ``orders``."""
    parts = words(name)
    own = [part for part in parts if part not in _SURNAMES]
    return "-".join(own or parts)


def topologies(one: Description, other: Description) -> tuple[Topology, Topology] | None:
    """Both as typed graphs, None when one of them could not be understood as one."""
    return (one.topology, other.topology) if one.topology is not None and other.topology is not None else None


def services(one: Topology, other: Topology) -> Iterator[tuple[Service, Service]]:
    """Services of the same name, or of names that differ in what says nothing, or of one image of their own."""
    left, rest = dict(one.service), dict(other.service)
    for name in [name for name in left if name in rest]:
        yield left.pop(name), rest.pop(name)
    for key in (_stem, _image):
        mine, theirs = _single(left.values(), key), _single(rest.values(), key)
        for text in [text for text in mine if text and text in theirs]:
            yield left.pop(mine[text].name), rest.pop(theirs[text].name)


def _stem(service: Service) -> str:
    return stem(service.name)


def _single(items: Iterable[Service], key: Callable[[Service], str]) -> dict[str, Service]:
    found: dict[str, list[Service]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return {name: group[0] for name, group in found.items() if len(group) == 1}


def _image(service: Service) -> str:
    return "/".join(image_path(service.main.image)) if service.main and service.main.image else ""


def short(description: Description) -> str:
    """A description as findings name it: the last part of its path."""
    return Path(description.name.partition(", ")[0]).name or description.name
