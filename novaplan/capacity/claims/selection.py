"""What a claim is about: the components that its subjects name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from novaplan.capacity.claims.arithmetic import Share, shares_of
from novaplan.capacity.claims.figures import Part
from novaplan.capacity.pods import Count
from novaplan.errors import nearest
from novaplan.topology.datastore import Patroni, Sentinel
from novaplan.topology.service import Service
from novaplan.topology.system import Topology


@dataclass(frozen=True, slots=True)
class Selected:
    """One component, or one kind of its pods."""

    part: Part
    only: str | None = None
    """``members`` or a helper's name, where not the whole component is meant."""

    def shares(self, figure: str, count: Count) -> Iterator[Share]:
        """What it takes of a figure of the totals."""
        for share in shares_of(self.part, figure, count):
            role = share.name[len(self.part.name) + 1 :] or "members"
            if self.only is None or self.only == role or (self.only == "members" and share.inside):
                yield share


def select(topology: Topology, subjects: tuple[str, ...]) -> tuple[Selected, ...]:
    """The components that ``subjects`` name, each once, in the order of the topology. Raises ``LookupError``, with the
    nearest name, for one that is not there."""
    found: dict[tuple[str, str | None], Selected] = {}
    for subject in subjects:
        for item in _named(topology, subject):
            found.setdefault((item.part.name, item.only), item)
    # A helper is not counted again beside the whole that has it.
    return tuple(item for (name, only), item in found.items() if only is None or (name, None) not in found)


def _named(topology: Topology, subject: str) -> list[Selected]:
    parts: tuple[Part, ...] = (*topology.services, *topology.datastores)
    kind, mark, rest = subject.partition(":")
    if subject == "system":
        return [Selected(part) for part in parts]
    if subject in ("services", "datastores"):
        return [Selected(part) for part in parts if isinstance(part, Service) == (subject == "services")]
    if mark and kind == "namespace":
        if rest not in {space.name for space in topology.namespaces}:
            raise _missing(topology, subject)
        return [Selected(part) for part in parts if part.namespace == rest]
    name, slash, only = subject.partition("/")
    for part in parts:
        if part.name == name and (not slash or only in _roles(part)):
            return [Selected(part, only if slash else None)]
    raise _missing(topology, subject)


def _roles(part: Part) -> list[str]:
    """What stands after the slash: the members of a datastore, and its helpers."""
    if isinstance(part, Service):
        return []
    found = ["members"]
    if isinstance(part.deployment, Sentinel):
        found.append("sentinel")
    if isinstance(part.deployment, Patroni) and part.deployment.etcd is not None:
        found.append("etcd")
    if part.connections.pooler is not None:
        found.append("pooler")
    return found


def _missing(topology: Topology, subject: str) -> LookupError:
    parts: tuple[Part, ...] = (*topology.services, *topology.datastores)
    spaces = {f"namespace:{space.name}" for space in topology.namespaces}
    helpers = {f"{part.name}/{role}" for part in parts for role in _roles(part)}
    known = {"system", "services", "datastores", *(part.name for part in parts), *spaces, *helpers}
    return LookupError(f"there is no {subject!r} in {topology.name}{nearest(subject, known)}")
