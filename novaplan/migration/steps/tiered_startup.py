"""Let a service start in its tier: it waits until what it needs answers."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only, only_fields
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, set_fields
from novaplan.migration.gates import EXIT
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, listed, rendered, rolled_out, undo
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address
from novaplan.topology.service import Service

PHASE, ORDER = "contract", 340


def propose(draft: Draft) -> None:
    """One for each component whose tier, or whose waiting, changes: whoever is waited for comes first."""
    wanted = _changes(draft)
    made: dict[str, str] = {}
    for names in _in_order(draft, wanted):
        edits = [wanted[name] for name in names]
        waits = sorted({item for name in names for item in _waits(draft, name)})
        one = names[0]
        service = draft.target.service.get(one)
        step = draft.add(
            *names,
            title=f"Let {listed(names)} start {'in their tiers' if len(names) > 1 else _tier(draft, one)}"
            + (f", once {listed(waits)} {'answers' if len(waits) == 1 else 'answer'}" if waits else ""),
            stages=[edits],
            after=[made[name] for name in waits if name in made] + _blocked(draft, names),
            touches=names,
            actions=[
                *rendered(),
                *(
                    [
                        Action(
                            "Read how long the pods waited",
                            kubectl(
                                service.namespace,
                                "logs",
                                f"deployment/{one}",
                                "--all-containers",
                                "--prefix",
                                "--tail=20",
                            ),
                        )
                    ]
                    if service
                    else []
                ),
            ],
            gates=[rolled_out(service.namespace, "deployment", one)]
            if service
            else [
                Gate(
                    "It is ready",
                    "kubectl",
                    kubectl(
                        draft.target.datastore[one].namespace,
                        "wait",
                        "--for=condition=Ready",
                        "pod",
                        "-l",
                        f"app.kubernetes.io/name={one}",
                        "--timeout=10m",
                    ),
                    EXIT,
                )
            ],
            rollback=undo(),
            undone_until="always",
        )
        made |= dict.fromkeys(names, step)


def _changes(draft: Draft) -> dict[str, Edit]:
    found: dict[str, Edit] = {}
    for service in draft.target.services:
        there = draft.state.part(address("service", service.name), Service)
        if there is not None and there.startup != service.startup:
            found[service.name] = set_fields(address("service", service.name), startup=service.startup)
    for store in draft.target.datastores:
        held = draft.state.part(address("datastore", store.name), Datastore)
        if held is not None and held.startup_tier != store.startup_tier:
            found[store.name] = set_fields(address("datastore", store.name), startup_tier=store.startup_tier)
    return found


def _waits(draft: Draft, name: str) -> tuple[str, ...]:
    service = draft.target.service.get(name)
    return service.startup.wait_for if service else ()


def _tier(draft: Draft, name: str) -> str:
    service, store = draft.target.service.get(name), draft.target.datastore.get(name)
    tier = service.startup.tier if service else store.startup_tier if store else None
    return "without a tier" if tier is None else f"in tier {tier}"


def _tier_of(draft: Draft, name: str) -> int | None:
    service, store = draft.target.service.get(name), draft.target.datastore.get(name)
    return service.startup.tier if service else store.startup_tier if store else None


def _in_order(draft: Draft, wanted: dict[str, Edit]) -> list[list[str]]:
    """What is waited for first. Where a tier rises above that of something that waits for it now, and that has not
    changed yet, both change together."""
    leader = {name: name for name in wanted}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for name in sorted(wanted):
        there = draft.state.part(address("service", name), Service)
        for other in there.startup.wait_for if there else ():
            tier = _tier_of(draft, other)
            if (
                other in leader
                and there
                and there.startup.tier is not None
                and tier is not None
                and tier > there.startup.tier
            ):
                leader[find(name)] = find(other)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(wanted):
        groups[find(name)].append(name)
    return _sorted(draft, groups, find)


def _sorted(draft: Draft, groups: dict[str, list[str]], find) -> list[list[str]]:  # type: ignore[no-untyped-def]
    from graphlib import CycleError, TopologicalSorter

    members = {name for names in groups.values() for name in names}
    before = {
        leader: sorted({find(item) for name in names for item in _waits(draft, name) if item in members} - {leader})
        for leader, names in groups.items()
    }
    try:
        return [groups[leader] for leader in TopologicalSorter(before).static_order()]
    except CycleError:  # joined groups may wait for each other; then all change together
        return [sorted(members)]


def _blocked(draft: Draft, names: list[str]) -> list[str]:
    """Old services that wait for one of ``names`` in a tier below its new one go first."""
    found = []
    for old in sorted(draft.heritage.leaving):
        startup = draft.current.service[old].startup
        for name in set(names) & set(startup.wait_for):
            tier = _tier_of(draft, name)
            if startup.tier is not None and tier is not None and tier > startup.tier:
                found.append(f"delete-service/{old}")
    return found


def allowed(step: Step, world: World) -> str:
    """It changes tiers."""
    return (
        only(step, "service", "datastore")
        or only_fields(step, "service", "startup")
        or only_fields(step, "datastore", "startup_tier")
    )
