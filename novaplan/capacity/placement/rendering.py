"""The answer of ``fit`` for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from novaplan.capacity.nodes import format_cents
from novaplan.capacity.placement.explain import some
from novaplan.capacity.placement.losses import Drain, Loss
from novaplan.capacity.placement.model import Fit, Usage
from novaplan.capacity.placement.obstacles import amount, counted
from novaplan.errors import one_line
from novaplan.tables import Table

_COUNT = {"minimum": "at minimum replicas", "current": "as scaled now", "maximum": "at maximum replicas"}


def text(fit: Fit, width: int) -> str:
    """Sentences, then the tables."""
    folded = [textwrap.fill(line, width, subsequent_indent="  ", break_on_hyphens=False) for line in sentences(fit)]
    return "\n\n".join(["\n".join(folded), *(table.text(width) for table in tables(fit))])


def html(fit: Fit) -> str:
    """For a notebook."""
    from html import escape

    lines = "".join(f"<li>{escape(line)}</li>" for line in sentences(fit))
    return f"<ul>{lines}</ul>" + "".join(table.html() for table in tables(fit))


def sentences(fit: Fit) -> Iterator[str]:
    """What the answer says in short."""
    names = " and ".join(one_line(name) for name in fit.topologies)
    verb = "fits" if len(fit.topologies) == 1 else "fit together"
    pods = len(fit.placing) + len(fit.everywhere) * sum(not node.closed for node in fit.nodes)
    yield f"{names} {verb}: {counted(pods, 'pod')} on {counted(len(fit.nodes), 'node')}, {_COUNT[fit.count]}"
    if fit.price_cents is not None and fit.nodes:
        example = " (example prices)" if fit.example_prices else ""
        yield f"price: {format_cents(fit.price_cents)} {fit.currency} a month{example}"
    yield f"limit: {fit.binding}"
    if fit.proof:
        yield _proof(fit)
    yield _survives(fit)
    if fit.unstated:
        yield f"not stated: {', '.join(fit.unstated)} request no CPU or no memory; that counts 0, but needs room"


def _proof(fit: Fit) -> str:
    proof = fit.proof
    assert proof is not None
    less = "fewer nodes" if fit.goal == "smallest" else "a cheaper mix"
    if proof.optimal:
        return f"proof: {less} cannot do"
    lower = str(proof.lower_bound) if proof.unit == "nodes" else f"{format_cents(proof.lower_bound)} {fit.currency}"
    gap = f"{proof.gap_per_mille // 10}.{proof.gap_per_mille % 10}"
    return f"gap: {less} may do; at least {lower} is needed, so this is at most {gap}% above the best"


def _survives(fit: Fit) -> str:
    bad = [loss.name for loss in fit.losses if not loss.fits]
    moves = f"pods wait after losing {_some(bad)}" if bad else "all pods find another place"
    if all(vote.total == 1 for loss in fit.losses for vote in loss.votes):
        return f"loss: {moves}"
    broken = [f"{loss.name} ({', '.join(loss.quorums_lost)})" for loss in fit.losses if loss.quorums_lost]
    any_one = "any node or zone" if any(loss.scope == "zone" for loss in fit.losses) else "any node"
    quorums = f"quorums are lost with {_some(broken)}" if broken else f"every quorum survives the loss of {any_one}"
    return f"loss: {quorums}; {moves}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def tables(fit: Fit) -> tuple[Table, ...]:
    """Nodes, pods, losses and drains; those without rows are left out."""
    columns = ("node", "zone", "CPU", "memory", "pods", "volumes")
    found = (
        Table("Nodes", columns, tuple(_usage(usage) for usage in fit.usage())),
        Table("Pods", ("node", "pods"), tuple(_pods(fit))),
        Table("After a loss", ("lost", "pods", "verdict", "what happens"), tuple(map(_loss, fit.losses))),
        Table("Draining", ("node", "pods", "drains", "why"), tuple(map(_drain, fit.drains))),
    )
    return tuple(table for table in found if table.rows)


def _usage(usage: Usage) -> tuple[object, ...]:
    node = usage.node
    if node.closed:
        return (node.name, node.zone, node.closed, None, None, None)
    return (
        node.name,
        node.zone,
        _share("CPU", usage.cpu_request_millicores, node.cpu_millicores),
        _share("memory", usage.memory_request_bytes, node.memory_bytes),
        f"{usage.pods}/{node.pods}",
        str(usage.volumes) if node.volumes is None else f"{usage.volumes}/{node.volumes}",
    )


def _share(resource: str, used: int, have: int) -> str:
    return f"{amount(resource, used)}/{amount(resource, have)} {used * 100 // have}%"


def _pods(fit: Fit) -> Iterator[tuple[object, ...]]:
    on: dict[int, list[str]] = {}
    for pod, index in fit.placing:
        on.setdefault(index, []).append(pod.name)
    for index in sorted(on):
        yield fit.nodes[index].name, tuple(on[index])
    if fit.everywhere:
        yield "every node", tuple(pod.component for pod in fit.everywhere)


def _loss(loss: Loss) -> tuple[object, ...]:
    votes = [f"{vote.what} has {vote.alive} of {vote.total} votes and needs {vote.needed}" for vote in loss.votes
             if not vote.holds and vote.total > 1]  # fmt: skip
    verdict = "quorum lost" if votes else {True: "fits", False: "pods wait", None: "unknown"}[loss.fits]
    down = [f"until it runs again, there is no {' and no '.join(loss.down)}"] if loss.down else []
    waits = [f"{some(loss.waiting)} without a place: {loss.reasons[0]}"] if loss.waiting and loss.reasons else []
    return (loss.name, loss.pods, verdict, "; ".join([*votes, *waits, *down]))


def _drain(drain: Drain) -> tuple[object, ...]:
    waits = f"{some(drain.waiting)} without a place until it is back: " if drain.waiting else ""
    return (drain.node, drain.pods, drain.verdict, waits + "; ".join(drain.reasons[:1]))
