"""Delete an old service; its name goes on leading to its heir."""

from __future__ import annotations

from novaplan.migration.allowing import only_removes, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, listed, rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address, dependency_address, kind_of

PHASE, ORDER = "contract", 320


def propose(draft: Draft) -> None:
    """One for each service that ends."""
    for old in _dependents_first(draft):
        own = address("service", old)
        service = draft.current.service[old]
        gone = [own, *draft.state.inside(own), *(dependency_address(edge) for edge in draft.state.edges_of(old))]
        revoked = [step.id for step in draft.steps if step.kind == "revoke-credentials" and step.id.endswith(f"/{old}")]
        kept = [volume.name for volume in service.volumes if volume.size is not None]
        draft.add(
            old,
            title=f"Delete {old}"
            + (f"; its name goes on leading to {draft.world.heir(old)}" if draft.world.heir(old) != old else ""),
            stages=[[remove(item) for item in dict.fromkeys(gone)]],
            after=[f"scale-to-zero/{old}", *revoked],
            touches=[old],
            preconditions=("its image is kept", *_unasked(draft, old)),
            actions=[
                *rendered(
                    f"Delete what runs it{'' if draft.world.heir(old) == old else ', not the Service of its name'}"
                ),
                *([_left(kept)] if kept else []),
            ],
            gates=[
                Gate(
                    "The name still answers",
                    "kubectl",
                    kubectl(
                        draft.service(draft.world.heir(old)).namespace,
                        "get",
                        "endpointslices",
                        "-l",
                        f"kubernetes.io/service-name={old}",
                        "-o",
                        "jsonpath={.items[*].endpoints[*].addresses[0]}",
                    )
                    + " | wc -w",
                    ">= 1",
                )
            ]
            if draft.world.heir(old) != old
            else [],
            rollback=undo("Apply its manifests again, with no replicas"),
            undone_until="its image, secrets and roles are gone",
        )


def _unasked(draft: Draft, old: str) -> list[str]:
    """The name goes on with the ports of its heir alone, and in the namespace of its heir alone."""
    heir, gone = draft.target.service.get(draft.world.heir(old)), draft.current.service[old]
    if heir is None:
        return []
    numbers = {port.port for port in heir.ports}
    lost = [f"{old}:{port.port}" for port in gone.ports if port.port not in numbers]
    here, there = (item.namespace or draft.home.namespace for item in (gone, heir))
    told = [f"nobody asks for {listed(lost)} any more, which {heir.name} does not listen on"] if lost else []
    return told + (
        [f"nobody asks for {old} from {here} any more: the name is left in {there}"] if here != there else []
    )


def _left(volumes: list[str]) -> Action:
    return Action(
        f"Its claims stay ({listed(volumes)}). When nobody needs their data, the script deletes by name those that"
        " nothing else uses; there is no way back from that",
        "patches/{state}/apply.sh claims",
    )


def _dependents_first(draft: Draft) -> list[str]:
    """Who waits for another at its start goes before it."""
    waits = {name: draft.current.service[name].startup.wait_for for name in draft.heritage.leaving}
    waited: dict[str, list[str]] = {name: [] for name in waits}
    for name in sorted(waits):
        for other in waits[name]:
            if other in waited:
                waited[other].append(name)
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        stack = [(name, iter(waited[name]))]
        while stack:
            current, rest = stack[-1]
            following = next((item for item in rest if item not in found), None)
            if following is None:
                found[current] = None
                stack.pop()
            else:
                stack.append((following, iter(waited[following])))

    for name in sorted(waits):
        if name not in found:
            visit(name)
    return list(found)


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """It is drained, and its heir has carried everything for a while."""
    old = subject(step)[0]
    new = world.heir(old)
    return (f"drained/{old}", *([f"baked/{new}"] if new in world.target.service else []))


def allowed(step: Step, world: World) -> str:
    """It removes one service that ends, and its own edges."""
    old = subject(step)[0]
    for edit in step.edits:
        own = edit.address
        inside = own.partition(":")[2].split("/")[0] == old or own.startswith(f"dependency:{old}->")
        if not inside or (kind_of(own) == "service" and old in world.target.service):
            return f"{step.kind} removes {old} alone, which ends"
    return only_removes(step, "service", "port", "container", "env", "flag", "volume", "dependency")
