"""Holds claims against what a topology gives: each holds, does not hold, or cannot be known."""

from __future__ import annotations

from collections.abc import Sequence

from novaplan.capacity.claims.judgement import Judgement, contradicts, is_met
from novaplan.capacity.claims.model import Claim, Claims
from novaplan.capacity.claims.origins import origins
from novaplan.capacity.claims.selection import Selected, select
from novaplan.capacity.claims.totals_claims import judge_pod, judge_total
from novaplan.capacity.claims.values import Value, show, show_range
from novaplan.capacity.connections import Verdict
from novaplan.capacity.recovery import Recovery, of_datastore, of_service
from novaplan.capacity.recovery_model import RecoveryModel, default_recovery_model
from novaplan.errors import InputError, Problem, UnknownNameError, nearest
from novaplan.topology.service import Service
from novaplan.topology.system import Topology


def judge(topology: Topology, claims: Claims, model: RecoveryModel | None = None) -> tuple[Judgement, ...]:
    """Every claim about ``topology``, in the order of the file.

    ``model`` has the times of recovery that a topology does not state; without it ``models/recovery.yaml``. Raises
    ``UnknownNameError``, with file, line and the nearest name, for a subject that the topology lacks, and what
    ``load_recovery_model`` raises.
    """
    about = claims.of(topology)
    problems: list[Problem] = []
    chosen: list[tuple[Selected, ...]] = []
    for claim in about:
        try:
            chosen.append(select(topology, claim.subject))
        except LookupError as error:
            problems.append(claims.problem(claim, "subject", str(error.args[0])))
    if problems:
        raise UnknownNameError(problems)
    return tuple(
        _judged(topology, claim, selected, about, model) for claim, selected in zip(about, chosen, strict=True)
    )


def judge_all(
    topologies: Sequence[Topology], claims: Claims, model: RecoveryModel | None = None
) -> tuple[tuple[Judgement, ...], ...]:
    """``judge`` for each of ``topologies``. Raises ``InputError`` as well when no claim is about any of them."""
    if not any(claims.of(topology) for topology in topologies):
        known = sorted({name for claim in claims.claims for name in (claim.topologies or claims.topologies)})
        names = " and ".join(repr(topology.name) for topology in topologies)
        hint = nearest(topologies[0].name, known) if topologies else ""
        about = f"; its claims are about {', '.join(known)}"
        raise InputError(f"claims {claims.name} say nothing about {names}{hint or about}")
    return tuple(judge(topology, claims, model) for topology in topologies)


def _judged(
    topology: Topology,
    claim: Claim,
    selected: Sequence[Selected],
    about: Sequence[Claim],
    model: RecoveryModel | None,
) -> Judgement:
    role = claim.meant.role
    if role in ("total", "per pod", "per container"):
        found = judge_total(claim, selected) if role == "total" else judge_pod(claim, selected)
        return found.because(origins(claim, selected, about)) if found.verdict == "does not hold" else found
    if role == "setting":
        return _setting(topology, claim, selected)
    if role == "number":
        return _number(topology, claim, selected)
    if role == "recovery":
        return _recovery(claim, selected, model if model is not None else default_recovery_model())
    missing = f"no topology and no model says what {claim.meant.title} it takes"
    return Judgement(claim, "cannot be known", missing=(missing,))


def _setting(topology: Topology, claim: Claim, selected: Sequence[Selected]) -> Judgement:
    """What every selected component states must be as stated."""
    figure, values, lines, missing = claim.meant, [], [], []
    for item in selected:
        if isinstance(item.part, figure.parts) and figure.read is not None:
            value = figure.read(topology, item.part)
            if value is None:
                missing.append(f"{figure.title} of {item.part.name} not stated")
            else:
                values.append(value)
                lines.append(f"{item.part.name} {show(figure.kind, value)}")
    if not values and not missing:
        missing.append(f"{', '.join(claim.subject)} has no {figure.title}")
    said = f"{figure.title}: {', '.join(lines)}" if lines else ""
    return Judgement(
        claim, _verdict(claim, values, missing), tuple(values), (said,) if said else (), (), tuple(missing)
    )


def _verdict(claim: Claim, values: Sequence[Value], missing: Sequence[str]) -> Verdict:
    if any(contradicts(claim.stated, value) for value in values):
        return "does not hold"
    return "cannot be known" if missing else "holds"


def _number(topology: Topology, claim: Claim, selected: Sequence[Selected]) -> Judgement:
    names = _counted(topology, claim.figure, selected)
    verdict: Verdict = "holds" if is_met(claim.stated, (len(names),), any_of=False) else "does not hold"
    return Judgement(claim, verdict, (len(names),), (f"{claim.meant.title}: {', '.join(names) or 'none'}",))


def _counted(topology: Topology, figure: str, selected: Sequence[Selected]) -> list[str]:
    services = [item.part for item in selected if isinstance(item.part, Service)]
    if figure == "namespaces":
        return sorted({item.part.namespace for item in selected if item.part.namespace})
    if figure == "outside":
        clients = {service.name for service in services}
        servers = {edge.server for edge in topology.dependencies if edge.client in clients and not edge.possible}
        return sorted(servers - topology.service.keys())
    return [service.name for service in services if figure == "services" or service.optional]


def _recovery(claim: Claim, selected: Sequence[Selected], model: RecoveryModel) -> Judgement:
    found: list[Recovery] = []
    for item in selected:
        each = of_service(item.part, model.pods) if isinstance(item.part, Service) else of_datastore(item.part, model)
        found += each
    if claim.figure == "replaced":
        wanted = [one for one in found if one.scenario in ("crashed", "deleted")]
        values: list[Value] = [one.known for one in wanted]
        lines = [f"{one.component} {one.scenario}: {_in_words(one)}" for one in wanted]
        missing = [] if wanted else [f"{', '.join(claim.subject)} has no pods of services"]
        return Judgement(claim, _verdict(claim, values, missing), tuple(values), tuple(lines), (), tuple(missing))
    scenarios = [one for one in found if one.scenario == claim.scenario]
    return _timed(claim, scenarios)


def _timed(claim: Claim, found: Sequence[Recovery]) -> Judgement:
    """A stated time is a promise: what takes longer breaks it, what is sooner keeps it."""
    stated = claim.stated
    limit = stated.value if stated.value is not None else stated.most
    lines = tuple(f"{one.component} {one.scenario}: {_in_words(one)}" for one in found)
    values = tuple(value for one in found if one.known for value in (one.least, one.most))
    missing = [one.unknown for one in found if one.unknown]
    if not found:
        missing.append(f"there is no model of {', '.join(claim.subject)} when it is {claim.scenario}")
    if any(one.never for one in found):
        return Judgement(claim, "does not hold", values, lines)
    if isinstance(limit, int) and any(one.known and one.most > limit for one in found):
        return Judgement(claim, "does not hold", values, lines)
    return Judgement(claim, "cannot be known" if missing else "holds", values, lines, missing=tuple(missing))


def _in_words(one: Recovery) -> str:
    """The terms and their sum, or why there are none."""
    if not one.known:
        return one.never or one.unknown
    terms = " + ".join(f"{term.what} {show_range('milliseconds', term.least, term.most)}" for term in one.terms)
    return f"{terms} = {show_range('milliseconds', one.least, one.most)}"
