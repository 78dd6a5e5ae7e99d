"""Release the merged image under a name that stays: it can do what others do as well, and nobody asks it to yet."""

from __future__ import annotations

from novaplan.migration.allowing import only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put, remove
from novaplan.migration.flags import dark_flag
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import FAILURE, listed, rendered, rolled_out, share_of, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address, dependency_address, kind_of
from novaplan.topology.service import FeatureFlag, Port
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "expand", 165
_LATER = ("startup", "autoscaling", "disruption_budget", "aliases")


def propose(draft: Draft) -> None:
    """One for each service that stays and takes over from others."""
    for name, olds in sorted(draft.world.sources.items()):
        if name not in draft.current.service or tuple(olds) == (name,):
            continue
        own = address("service", name)
        edits = [*draft.towards(own, leave=_LATER), *_inside(draft, own), *_edges(draft, name)]
        servers = [edit.part.server for edit in edits if isinstance(edit.part, Dependency)]
        service = draft.target.service[name]
        others = [old for old in olds if old != name]
        errors = share_of(name, FAILURE)
        draft.add(
            name,
            title=f"Release {name} with the code of {listed(others)}; it goes on with its own work alone",
            stages=[edits],
            establishes=(f"deployed/{name}",),
            after=[*(draft.ready[server] for server in servers if server in draft.ready), *draft.moves.get(name, ())],
            touches=[name, *others],
            actions=rendered("Render it with what is new switched off, and roll it out"),
            gates=[
                rolled_out(service.namespace, "deployment", name),
                Gate(
                    "It fails no more requests than before",
                    "promql",
                    errors,
                    f"<= {round(1 - draft.rollout.success_percent / 100, 6)}",
                    draft.rollout.weight_bake,
                ),
            ],
            rollback=undo("Roll the old image out again"),
            undone_until="it has the traffic of others",
            risk="medium",
        )


def _inside(draft: Draft, own: str) -> list[Edit]:
    """Everything of target but flags that are turned on later; ports that only current has stay until nobody uses them,
    unless a new one needs their number."""
    goal = draft.inside_goal(own)
    sockets = {
        (port.listens_on, port.protocol == "udp") for child in goal if isinstance(port := draft.goal[child], Port)
    }
    edits: list[Edit] = []
    for child in draft.state.inside(own):
        part = draft.state.parts[child]
        if child not in draft.goal and (
            kind_of(child) in ("container", "env")
            or (isinstance(part, Port) and (part.listens_on, part.protocol == "udp") in sockets)
        ):
            edits.append(remove(child))
    for child in goal:
        part, there = draft.goal[child], draft.state.parts.get(child)
        if not isinstance(part, FeatureFlag):
            edits += draft.towards(child)
        elif there is None:
            edits.append(put(child, dark_flag(draft, child, part)))
    return edits


def _edges(draft: Draft, name: str) -> list[Edit]:
    """What it needs for the work of the others."""
    edits = []
    for edge in draft.goal_edges(name):
        own = dependency_address(edge)
        if edge.client != name or draft.is_consumption(edge) or not draft.state.exists(edge.server):
            continue
        if draft.state.parts.get(own) != edge:
            edits.append(put(own, edge))
    return edits


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The image."""
    return (f"image/{subject(step)[0]}",)


def allowed(step: Step, world: World) -> str:
    """It changes one service and what it depends on."""
    name = subject(step)[0]
    others = [
        edit.address
        for edit in step.edits
        if kind_of(edit.address) == "service" and edit.address != address("service", name)
    ]
    if others:
        return f"{step.kind} changes {name} alone"
    return only(step, "service", "port", "container", "env", "flag", "volume", "dependency")
