"""Policy x topology -> the consolidated topology, with the lineage of every part."""

from novaplan.consolidation.datastores import merge_datastores
from novaplan.consolidation.dependencies import merge_dependencies
from novaplan.consolidation.fit import require_fit
from novaplan.consolidation.policy import Policy
from novaplan.consolidation.routes import merge_routes
from novaplan.consolidation.secrets import merge_secrets, place_secrets
from novaplan.consolidation.services import merge_services
from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.datastore import External
from novaplan.topology.lineage import Lineage
from novaplan.topology.parts import address, split
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Namespace, Unmodelled


def consolidate(topology: Topology, policy: Policy) -> Topology:
    """The topology that ``policy`` makes of ``topology``.

    The result carries its lineage: every part of ``topology``, each exactly once, with what it became. Raises
    ``PolicyError`` when the policy does not fit the topology, and ``ConsolidationRefused`` with every conflict when a
    merge would lose or blur something.
    """
    require_fit(policy, topology)
    work = Work(current=topology, policy=policy)
    place_secrets(work)
    services = merge_services(work)
    work.services.update({service.name: service for service in services})
    datastores = merge_datastores(work)
    dependencies = merge_dependencies(work)
    routes = merge_routes(work)
    secrets = merge_secrets(work)
    externals = _externals(work)
    unmodelled = _unmodelled(work)
    used = {item.namespace for item in services} | {item.namespace for item in datastores}
    used |= {item.namespace for item in secrets} | {item.namespace for item in unmodelled}
    namespaces = _namespaces(work, used)
    if work.conflicts.found:  # parts that conflict may also land nowhere; what is known by now is enough to mend
        _note_the_lost(work)
        work.conflicts.refuse_if_any()
    target = Topology(
        name=policy.target,
        description=policy.target_description or topology.description,
        namespaces=tuple(namespaces),
        services=tuple(services),
        datastores=tuple(datastores),
        externals=tuple(externals),
        dependencies=tuple(dependencies),
        routes=tuple(routes),
        secrets=tuple(secrets),
        unmodelled=tuple(unmodelled),
    )
    heirs = work.ledger.heirs(work.parts, split(target), work.conflicts)
    work.conflicts.refuse_if_any()
    lineage = Lineage(source=topology.name, digest=topology.digest, policy=policy.name, parts=tuple(heirs))
    return replace(target, lineage=lineage)


def _note_the_lost(work: Work) -> None:
    """Parts that land nowhere are conflicts too: all are told at once."""
    everywhere = {place for places in work.ledger.into.values() for place in places}
    work.ledger.heirs(work.parts, dict.fromkeys(everywhere), work.conflicts)  # type: ignore[arg-type]


def _externals(work: Work) -> list[External]:
    kept = []
    for external in work.current.externals:
        part = address("external", external.name)
        if not work.retires(part):
            work.ledger.record(part, part)
            kept.append(external)
    return [*kept, *work.policy.add.externals]


def _unmodelled(work: Work) -> list[Unmodelled]:
    kept = []
    for part, item in work.parts.items():
        if isinstance(item, Unmodelled) and not work.retires(part):
            work.ledger.record(part, part)
            kept.append(item)
    return kept


def _namespaces(work: Work, used: set[str | None]) -> list[Namespace]:
    """Those the policy declares and those still in use; an empty one goes unless it was empty before."""
    stated = {namespace.name: namespace for namespace in work.policy.namespaces}
    before = {item.namespace for item in work.current.services} | {item.namespace for item in work.current.datastores}
    before |= {item.namespace for item in work.current.secrets} | {item.namespace for item in work.current.unmodelled}
    for namespace in work.current.namespaces:
        part = address("namespace", namespace.name)
        if work.retires(part):
            continue
        if namespace.name in stated or namespace.name in used or namespace.name not in before:
            stated.setdefault(namespace.name, namespace)
            work.ledger.record(part, part)
        else:
            work.ledger.retire(part, "nothing is left in it")
    return list(stated.values())
