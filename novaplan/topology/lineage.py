"""Lineage: what became of every part of the topology this one was made from."""

from typing import Annotated, Literal

from novaplan.topology.base import Label, Model, in_order, sorted_by

Fate = Literal["kept", "absorbed", "moved", "internal", "retired"]
"""kept: the same part under the same address; moved: one part under a new address; absorbed: several became one;
internal: a call between services that became one; retired: gone, with a reason."""

Address = Label
"""A part of a topology, as ``novaplan.topology.parts`` writes it: ``service:api``, ``port:api/http``."""


class Heir(Model):
    """What became of one part."""

    part: str
    """Address in the topology this one was made from."""
    fate: Fate
    into: Annotated[tuple[str, ...], in_order] = ()
    """Addresses in this topology; none when the part is gone."""
    reason: str = ""


class Lineage(Model):
    """Where a topology comes from. Recorded when it is made, never guessed afterwards."""

    source: str
    """Name of the topology it was made from."""
    digest: str
    """Digest of that topology, so that a stale lineage is seen."""
    policy: str = ""
    """Name of the policy that was applied."""
    parts: Annotated[tuple[Heir, ...], sorted_by(lambda heir: heir.part)] = ()
    """Every part of the source, each exactly once."""
