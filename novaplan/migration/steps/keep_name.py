"""Lead the name of an old service to its heir: callers use the name they know, and reach the new service."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, set_fields
from novaplan.migration.facts import entered, ready, shifted
from novaplan.migration.rewire import Rewire
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import SUCCESS, label, listed, rendered, share_of, undo
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.parts import address
from novaplan.topology.service import Service

PHASE, ORDER = "migrate", 220


def propose(draft: Draft) -> None:
    """One for each service that ends and has an heir."""
    for old, new in draft.heritage.pairs:
        rewire = Rewire(draft)
        calls = draft.state.edges_to(old)
        for edge in calls:
            rewire.drop(edge)
            number = draft.heritage.port_number(old, edge.port)
            if edge.client != new:
                rewire.add(replace(edge, server=new, port=number))
        callers = sorted({edge.client for edge in calls} - {new})
        heir, gone = draft.service(new), draft.current.service[old]
        aliases = tuple(sorted({*heir.aliases, old, *gone.aliases}))
        ports = [_port(draft, old, port.name, port.port, new) for port in gone.ports]
        edits: list[Edit] = [
            *rewire.edits(),
            set_fields(address("service", new), aliases=aliases),
            *_waiting(draft, old),
        ]
        draft.add(
            old,
            new,
            title=f"Lead the name {old} to {new}"
            + (f", so that {listed(callers)} {'calls' if len(callers) == 1 else 'call'} it" if callers else ""),
            stages=[edits],
            units={"clients": len(callers)},
            establishes=(f"named/{old}",),
            touches=[old, new, *callers],
            preconditions=(
                f"{new} answers under every port of {old}: {listed(ports) or 'it has none'}",
                f"{new}'s certificate, if it shows one inside the cluster, holds the name {old}",
            ),
            actions=_actions(draft, old, new),
            gates=[
                Gate(
                    f"{old} gets no requests any more",
                    "promql",
                    f"sum(rate(http_requests_total{{service={label(old)}}}[5m])) or vector(0)",
                    "== 0",
                    draft.rollout.weight_bake,
                ),
                Gate(
                    "Its callers fail no more requests than before",
                    "promql",
                    share_of(new, SUCCESS),
                    f">= {round(draft.rollout.success_percent / 100, 6)}",
                    draft.rollout.weight_bake,
                ),
            ],
            rollback=undo(f"Lead the name back: {old} still runs"),
            undone_until=f"{old} is scaled to zero",
            risk="medium" if callers else "low",
        )


def _port(draft: Draft, old: str, name: str, number: int, new: str) -> str:
    found = draft.heritage.port_heir(old, name)
    return f"{number} -> {found.port if found else number}"


def _waiting(draft: Draft, old: str) -> list[Edit]:
    """Services that stay and wait for the old one at their start no longer do; they run already."""
    edits = []
    for service in draft.target.services:
        own = address("service", service.name)
        there = draft.state.part(own, Service)
        if there is not None and old in there.startup.wait_for:
            waits = tuple(name for name in there.startup.wait_for if name != old)
            edits.append(set_fields(own, startup=replace(there.startup, wait_for=waits)))
    return edits


def _actions(draft: Draft, old: str, new: str) -> list[Action]:
    here, there = (item.namespace or draft.home.namespace for item in (draft.current.service[old], draft.service(new)))
    if any(route.via == old for route in draft.current.routes):
        says = f"Note it down: the Service {old} itself moves when no route passes through {old} any more"
    elif here == there:
        says = (
            f"Move the selector of the Service {old}; its address stays, and no ExternalName changes Host or breaks TLS"
        )
    else:
        says = (
            f"{new} runs in {there}, where no selector of {here} reaches: let the Service {old} lead to a relay, pods"
            f" beside it that pass every connection on to {new}"
        )
    return rendered(says)


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The new service does all it has to, and has all of the old one's traffic from outside. What comes in through a
    gateway by its name would follow that name all at once, so the entrance moves before."""
    old, new = subject(step)
    return (*ready(world, new), *shifted(world, old), *entered(world, old))


def allowed(step: Step, world: World) -> str:
    """It leads edges from the old service to its heir, which answers to the old name."""
    old, new = subject(step)
    for edit in step.edits:
        if edit.address.startswith("dependency:"):
            server = edit.address.rpartition("->")[2].split("/")[0]
            if server not in (old, new) or (server == old and not edit.removes):
                return f"{step.kind} leads edges from {old} to {new} alone"
    return only(step, "dependency", "service") or only_fields(step, "service", "aliases", "startup")
