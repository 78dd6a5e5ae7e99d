"""Deploy the new service dark, beside those it takes over from: no traffic, consumers or autoscaling, new flags off."""

from __future__ import annotations

from novaplan.migration.allowing import no_removal, only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put
from novaplan.migration.flags import dark_flag
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import counted, kubectl, label, listed, rendered, rolled_out, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address, kind_of
from novaplan.topology.service import FeatureFlag
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "expand", 160


def propose(draft: Draft) -> None:
    """One for each service that target has and current has not."""
    for name in draft.heritage.new_services:
        service = draft.target.service[name]
        own = address("service", name)
        olds = draft.world.sources.get(name, ())
        edits: list[Edit] = [put(own, draft.heritage.dark(_without_parts(draft, name)))]
        for child in draft.inside_goal(own):
            part = draft.goal[child]
            edits.append(put(child, dark_flag(draft, child, part) if isinstance(part, FeatureFlag) else part))
        edits += [edit for edit in draft.connecting(name) if edit.address not in draft.state.parts]
        servers = [edit.part.server for edit in edits if isinstance(edit.part, Dependency)]
        off = [edit.part.name for edit in edits if isinstance(edit.part, FeatureFlag) and not edit.part.enabled]
        calls = f"sum(rate(http_requests_total{{service={label(name)}}}[5m]))"
        draft.add(
            name,
            title=f"Deploy {name} dark"
            + (f" beside {listed(olds)}" if olds else "")
            + f": {counted(service.replicas, 'pod')}, no traffic",
            stages=[edits],
            establishes=(f"deployed/{name}",),
            after=[*(draft.ready[server] for server in servers if server in draft.ready), *draft.moves.get(name, ())],
            touches=[name, *olds],
            actions=[
                *rendered(
                    "Apply it without routes, consumers and autoscaling" + (f", with {listed(off)} off" if off else "")
                ),
                Action(
                    "Read its log: it reaches every server, and complains of nothing",
                    kubectl(
                        service.namespace,
                        "logs",
                        f"{_workload(service.workload)}/{name}",
                        "--all-containers",
                        "--tail=100",
                    ),
                ),
            ],
            gates=[
                rolled_out(service.namespace, _workload(service.workload), name),
                Gate("It gets no requests", "promql", calls, "== 0 or absent", draft.rollout.weight_bake),
            ],
            rollback=undo("Delete it; nothing depends on it"),
            undone_until="it has traffic",
        )


def _without_parts(draft: Draft, name: str):  # type: ignore[no-untyped-def]
    return draft.goal[address("service", name)]


def _workload(workload: str) -> str:
    return workload if workload in ("statefulset", "daemonset", "cronjob", "job") else "deployment"


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The image, where it is made for the purpose; and the new roles."""
    name = subject(step)[0]
    return (f"image/{name}",) if world.sources.get(name) else ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds one service and what depends on it, without traffic and consumers."""
    for edit in step.edits:
        if (
            isinstance(edit.part, Dependency)
            and edit.part.mode == "consumes"
            and edit.part.client in world.target.service
            and edit.part.server in world.target.datastore
        ):
            return "what is deployed dark consumes nothing"
        if kind_of(edit.address) == "service" and edit.address != address("service", *subject(step)):
            return f"{step.kind} adds one service"
    kinds = ("service", "port", "container", "env", "flag", "volume", "dependency")
    return only(step, *kinds) or no_removal(step, *kinds)
