"""Policy x topology -> the consolidated topology, with the lineage of every part."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from novaplan.consolidation.combine import overlay, stated_fields
from novaplan.consolidation.containers import with_containers
from novaplan.consolidation.datastores import groups_of, merge_datastores, with_env
from novaplan.consolidation.dependencies import merge_dependencies
from novaplan.consolidation.fit import require_fit, require_use
from novaplan.consolidation.inconsistent import note_inconsistencies
from novaplan.consolidation.policy import Policy
from novaplan.consolidation.routes import merge_routes
from novaplan.consolidation.secrets import merge_secrets, refuse_missing_keys, rewired_secrets
from novaplan.consolidation.services import merge_services
from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.consistency import InconsistentError
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
    with _without_garbage_collection():
        return _consolidated(topology, policy)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Many objects and no cycles: looking for cycles among them took half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _consolidated(topology: Topology, policy: Policy) -> Topology:
    require_fit(policy, topology)
    work = Work(current=topology, policy=policy)
    for part, reason in work.retired.items():
        work.ledger.retire(part, reason)
    target = _target(work)
    require_use(policy, work.used_choices)
    # Where there is no target, parts that land nowhere are conflicts all the same: all are told at once.
    places = split(target).keys() if target is not None else work.ledger.places()
    heirs = work.ledger.heirs(work.parts, places, work.conflicts)
    work.conflicts.refuse_if_any()
    assert target is not None  # there would be a conflict
    lineage = Lineage(source=topology.name, digest=topology.digest, policy=policy.name, parts=tuple(heirs))
    return replace(target, lineage=lineage)


def _target(work: Work) -> Topology | None:
    """What becomes of everything; None when it does not fit together, which is then among the conflicts."""
    policy = work.policy
    # Names, namespaces and ports of the target come first: variables, dependencies and routes speak of them.
    services, stores = merge_services(work), merge_datastores(work)
    secrets = merge_secrets(work)
    services = [with_containers(work, service) for service in services]
    stores = [with_env(work, store, group) for store, group in zip(stores, groups_of(work), strict=True)]
    dependencies = [*merge_dependencies(work), *policy.add.dependencies]
    secrets = [*rewired_secrets(work, secrets), *policy.add.secrets]
    refuse_missing_keys(work, secrets)
    unmodelled = _unmodelled(work)
    used = [item.namespace for items in (services, stores, secrets, unmodelled) for item in items]
    parts: dict[str, Sequence[Any]] = {
        "namespaces": _namespaces(work, used),
        "services": services,
        "datastores": stores,
        "externals": _externals(work),
        "dependencies": dependencies,
        "routes": merge_routes(work),
        "secrets": secrets,
        "unmodelled": unmodelled,
    }
    description = policy.target_description or work.current.description
    try:
        return Topology(name=policy.target, description=description, **_collections(parts))
    except InconsistentError as error:
        note_inconsistencies(error, parts, work.conflicts)
        return None


def _collections(parts: dict[str, Sequence[Any]]) -> dict[str, Any]:
    return {name: tuple(items) for name, items in parts.items()}


def _externals(work: Work) -> list[External]:
    kept = []
    for external in work.current.externals:
        part = address("external", external.name)
        if not work.retires(part):
            work.ledger.record(part, part)
            kept.append(external)
    return [*kept, *work.policy.add.externals]


def _unmodelled(work: Work) -> list[Unmodelled]:
    kept: list[Unmodelled] = []
    for part, item in work.parts.items() if work.current.unmodelled else ():
        if isinstance(item, Unmodelled) and not work.retires(part):
            work.ledger.record(part, part)
            kept.append(item)
    return kept


def _namespaces(work: Work, used: Sequence[str | None]) -> list[Namespace]:
    """Those the policy declares and those still in use; an empty one goes unless it was empty before."""
    current, in_use = work.current, set(used)
    stated = {namespace.name: namespace for namespace in work.policy.namespaces}
    before = {item.namespace for items in (current.services, current.datastores) for item in items}
    before |= {item.namespace for items in (current.secrets, current.unmodelled) for item in items}
    for namespace in current.namespaces:
        name, part = namespace.name, address("namespace", namespace.name)
        if work.retires(part):
            if name in in_use:
                message = "it is retired, but not everything in it is"
                work.conflicts.add(part, message, f"taking {part} out of retire")
                stated[name] = namespace
        elif name in stated or name in in_use or name not in before:
            stated[name] = overlay(namespace, stated_fields(stated[name])) if name in stated else namespace
            work.ledger.record(part, part)
        else:
            work.ledger.retire(part, "nothing is left in it")
    return list(stated.values())
