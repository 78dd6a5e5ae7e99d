"""Small systems and hand-made steps: a shop whose services ``web`` and ``cart`` become ``shop``."""

from __future__ import annotations

from typing import Any

import yaml

from novaplan.migration.edits import Edit, put, remove
from novaplan.migration.invariants import all_invariants
from novaplan.migration.proof import Breach, prove
from novaplan.migration.rollout import Rollout
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.world import World
from novaplan.topology.base import Model
from novaplan.topology.lineage import Heir, Lineage
from novaplan.topology.parts import own_address, split
from novaplan.topology.storage import loads
from novaplan.topology.system import Topology

Fields = dict[str, Any]
HTTP = {"name": "http", "port": 80}


def system(name: str = "system", **parts: Any) -> Topology:
    """A topology of parts written as in a file."""
    return loads(yaml.safe_dump({"format": "novaplan/topology/v1", "name": name, **parts}))


def service(name: str, **fields: Any) -> Fields:
    return {"name": name, "replicas": 2, "ports": [HTTP], **fields}


def route(path: str, *backends: tuple[str, int], **fields: Any) -> Fields:
    return {"path": path, "backends": [{"service": n, "port": "http", "weight": w} for n, w in backends], **fields}


def edge(client: str, server: str, mode: str = "calls", **fields: Any) -> Fields:
    return {"client": client, "server": server, "mode": mode, **fields}


def become(
    target: Topology, current: Topology, into: dict[str, str] | None = None, **heirs: str | tuple[str, ...]
) -> Topology:
    """``target`` with the lineage that services of these names became others; parts of one address became themselves,
    edges and routes follow their services, and parts in ``into``, by address, became what that says."""
    names = {name: (into,) if isinstance(into, str) else into for name, into in heirs.items()}
    ours, moved = split(target), into or {}
    parts = []
    for own in split(current):
        found = sorted(item for item in ours if item == own or item in _renamed(own, names))
        whither = (moved[own],) if own in moved else tuple(found)
        if own != "system:":
            parts.append(
                Heir(part=own, fate="moved" if whither else "retired", into=whither, reason="" if whither else "gone")
            )
    return target.model_copy(
        update={"lineage": Lineage(source=current.name, digest=current.digest, parts=tuple(parts))}
    )


def _renamed(own: str, names: dict[str, tuple[str, ...]]) -> list[str]:
    kind, _, path = own.partition(":")
    found = [path]
    for old, heirs in names.items():
        found = [new for item in found for new in _each(kind, item, old, heirs)]
    return [f"{kind}:{item}" for item in found]


def _each(kind: str, path: str, old: str, into: tuple[str, ...]) -> list[str]:
    if kind == "dependency":
        ends, slash, rest = path.partition("/")
        client, _, server = ends.partition("->")
        clients, servers = (into if end == old else (end,) for end in (client, server))
        return [f"{one}->{two}{slash}{rest}" for one in clients for two in servers]
    first, slash, rest = path.partition("/")
    return [f"{new}{slash}{rest}" for new in into] if first == old else [path]


def step(name: str, *edits: Edit, stages: tuple[tuple[Edit, ...], ...] = (), **fields: Any) -> Step:
    """A step with every text filled in."""
    texts: Fields = {
        "title": f"Do {name}",
        "kind": name.partition("/")[0],
        "phase": "migrate",
        "actions": (Action("Do it", "true", "shell"),),
        "gates": (Gate("It is done", "kubectl", "kubectl get pods", "exit status 0"),),
        "rollback": (Action("Undo it", "true", "shell"),),
        "preconditions": tuple(f"{fact} is so" for fact in fields.get("requires", ())),
    }
    return Step(id=name, stages=stages or (tuple(edits),), **(texts | fields))


def to(own: str, topology: Topology) -> Edit:
    """The edit that puts a part as ``topology`` has it, or removes it where that has none."""
    parts = split(topology)
    return put(own, parts[own]) if own in parts else remove(own)


def change(own: str, topology: Topology, **fields: Any) -> Edit:
    """The edit that puts a part of ``topology`` with other fields, written as in a file."""
    part = split(topology)[own]
    model: Model = type(part).model_validate(part.model_dump(mode="json", exclude_defaults=True) | fields)
    kind = own.partition(":")[0]
    new = own_address(kind, model, _parent(own))
    assert new == own, f"{new} is another address"
    return put(own, model)


def _parent(own: str) -> str:
    from novaplan.topology.parts import parent_of

    return parent_of(own) if own != "system:" else own


def world(current: Topology, target: Topology, *steps: Step, **rollout: Any) -> World:
    return World(current, target, steps, Rollout(**rollout))


def breaches(of: World) -> list[Breach]:
    """Everything that stands against the steps, theorems included."""
    return list(prove(of, all_invariants()).breaches)


def broken(invariant: str, of: World) -> list[str]:
    """The subjects of which one invariant complains."""
    (asked,) = [item for item in all_invariants() if item.name == invariant]
    found = [item for item in prove(of, (asked,)).breaches if item.invariant == invariant]
    for item in found:  # every refusal says what is short, by how much, and what opens the way
        assert item.message
        assert item.amount > 0
        assert item.remedy
    return [item.subject for item in found]


def short(invariant: str, topology: Topology) -> list[str]:
    """The subjects that fall short in a topology that nothing changes."""
    return broken(invariant, world(topology, topology))
