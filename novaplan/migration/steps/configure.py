"""Configure a component as target has it: whatever no other step has changed, in one go for each component."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, remove, set_fields
from novaplan.migration.facts import baked
from novaplan.migration.gates import YES
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import listed, rendered, rolled_out, undo
from novaplan.migration.world import World
from novaplan.topology.parts import KINDS, SYSTEM, kind_of, label_of, split
from novaplan.topology.service import Service
from novaplan.topology.wiring import Dependency, Route

PHASE, ORDER = "contract", 350
_INSIDE = ("container", "env", "port", "flag", "volume")
_OWN = (
    "service",
    "datastore",
    "external",
    "namespace",
    "secret",
    "secret-key",
    "object",
    "topic",
    "consumer-group",
    "logical-db",
    "database",
    "schema",
    "dependency",
    "route",
)


def propose(draft: Draft) -> None:
    """One for each component that still differs; what target does not have is removed by other kinds."""
    found: dict[str, list[Edit]] = defaultdict(list)
    for own, wanted in sorted(draft.goal.items()):
        if draft.state.parts.get(own) == wanted:
            continue
        there = draft.state.parts.get(own)
        if isinstance(there, Service) and isinstance(wanted, Service) and set(wanted.aliases) != set(there.aliases):
            edits = draft.towards(own, leave=("aliases",))
            if set(wanted.aliases) - set(there.aliases):
                edits.append(set_fields(own, aliases=tuple(sorted({*wanted.aliases, *there.aliases}))))
        else:
            edits = draft.towards(own)
        found[_component(own, wanted)] += edits
    for own, part in sorted(draft.state.parts.items()):
        if own in draft.goal:
            continue
        if kind_of(own) in _INSIDE or (isinstance(part, Dependency) and draft.state.exists(part.client)):
            component = _component(own, part)
            if component in draft.target.service or component in draft.target.datastore:
                found[component].append(remove(own))
    for name, edits in sorted(found.items()):
        if edits:
            _add(draft, name, edits)


def _component(own: str, part: object) -> str:
    if own == SYSTEM:
        return ""
    if isinstance(part, Dependency):
        return part.client
    if isinstance(part, Route):
        return part.backends[0].service
    if kind_of(own) in ("namespace", "secret", "secret-key", "object"):
        return f"{kind_of(own)} {'/'.join(names_of(own)[: 2 if kind_of(own).startswith('secret') else 9])}"
    return names_of(own)[0]


def _add(draft: Draft, name: str, edits: list[Edit]) -> None:
    kinds = sorted(
        {kind_of(edit.address) for edit in edits}, key=lambda kind: KINDS.index(kind) if kind in KINDS else -1
    )
    fields = sorted({field for edit in edits for field in edit.fields})
    what = [label_of(edit.address) for edit in edits if kind_of(edit.address) in ("env", "dependency", "route")]
    service = draft.target.service.get(name)
    title = (
        f"Bring {name} to what target says: {listed([*fields, *what][:5]) or listed(kinds)}"
        + (" and more" if len([*fields, *what]) > 5 else "")
        if name
        else f"Call the system {draft.target.name} from now on: what is written down of it is what runs"
    )
    draft.add(
        name.replace(" ", ":", 1) or f"{SYSTEM}{draft.target.name}",
        title=title,
        stages=[edits],
        touches=[name] if draft.state.exists(name) or service else [],
        actions=rendered(),
        gates=[
            rolled_out(service.namespace, "deployment" if service.workload == "deployment" else service.workload, name)
        ]
        if service and service.workload in ("deployment", "statefulset", "daemonset")
        else [Gate("It is as rendered", "person", "Does patches/{state}/apply.sh diff show no difference?", YES)],
        rollback=undo(),
        undone_until="always",
    )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory; the system itself is called otherwise once the new side has proved itself."""
    whole = any(edit.address == SYSTEM for edit in step.edits)
    return ("inventory", *(baked(world) if whole else ()))


def allowed(step: Step, world: World) -> str:
    """It brings parts to what target has, and removes what stands inside components that stay."""

    goal = split(world.target)
    for edit in step.edits:
        wanted = goal.get(edit.address)
        if edit.removes:
            if wanted is not None or kind_of(edit.address) not in (*_INSIDE, "dependency"):
                return f"{step.kind} does not remove {edit.address}"
        elif wanted is None:
            return f"{step.kind} adds nothing that target does not have"
        elif (edit.part is not None and edit.part != wanted) or any(
            getattr(wanted, name) != value for name, value in edit.fields.items() if name != "aliases"
        ):
            return f"{step.kind} makes {edit.address} what target has"
    return only(step, "system", *_OWN, *_INSIDE)
