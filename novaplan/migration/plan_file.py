"""The form of a plan file, and of the edits in it."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from novaplan.documents.positions import Document
from novaplan.errors import Problem, nearest
from novaplan.migration.edits import Edit, Value
from novaplan.migration.effort_model import Days, Number
from novaplan.migration.step import Phase, Risk
from novaplan.topology.base import LABEL_PATTERN, Label, Model
from novaplan.topology.parts import KINDS, SYSTEM, kind_of, model_of, own_address, own_fields, parent_of, path_of
from novaplan.topology.system import PROVENANCE
from novaplan.topology.validation import placed

FORMAT = "novaplan/plan/v1"
Text = str
Texts = tuple[str, ...]
Place = tuple[str | int, ...]
Duration = Annotated[int, Field(strict=True, ge=0)]


class Side(Model):
    """A topology that the plan is for."""

    name: Text
    digest: Text


class ActionEntry(Model):
    """One thing a person does."""

    says: Text
    command: Text = ""
    tool: Literal["kubectl", "sql", "redis-cli", "kafka", "novaplan", "shell", "git", "person"] = "kubectl"


class GateEntry(Model):
    """What is measured."""

    says: Text
    tool: Literal["promql", "sql", "redis-cli", "kafka", "kubectl", "person"]
    query: Text
    threshold: Text
    duration_milliseconds: Duration = 0


class EffortEntry(Days):
    """Person-days, in ascending guesses."""

    optimistic: Number = 0.0
    likely: Number = 0.0
    pessimistic: Number = 0.0


class EditEntry(Model):
    """One edit of a part: exactly one of ``put``, ``set`` and ``remove``."""

    address: Text
    put: dict[str, Any] | None = None
    set: dict[str, Any] | None = None
    remove: bool = False


class StepEntry(Model):
    """One step."""

    id: Annotated[str, Field(pattern=LABEL_PATTERN)]
    kind: Label
    phase: Phase
    title: Text = ""
    depends_on: Texts = ()
    requires: Texts = ()
    establishes: Texts = ()
    touches: Texts = ()
    preconditions: Texts = ()
    actions: tuple[ActionEntry, ...] = ()
    gates: tuple[GateEntry, ...] = ()
    rollback: tuple[ActionEntry, ...] = ()
    reversible: bool = True
    undone_until: Text = ""
    effort_days: EffortEntry = EffortEntry.model_construct()
    bake_milliseconds: Duration = 0
    risk: Risk = "low"
    watch: Texts = ()
    theme: Text = ""
    stages: Annotated[tuple[tuple[EditEntry, ...], ...], Field(min_length=1)] = ((),)


class PlanFile(Model):
    """A plan file. ``states`` and ``proof`` say what novaplan found when it made the plan; they are not read."""

    format: Literal["novaplan/plan/v1"]
    made_by: Text = ""
    current: Side
    target: Side
    steps: tuple[StepEntry, ...]
    states: tuple[dict[str, Any], ...] = ()
    proof: dict[str, Any] = Field(default_factory=dict)


# ---------------------------------------------------------------- edits


@cache
def _adapter(kind: str, field: str) -> TypeAdapter[Any]:
    info = model_of(kind).model_fields[field]
    marked: Any = info.annotation
    for mark in info.metadata:
        marked = Annotated[marked, mark]
    return TypeAdapter(marked)


def settable(kind: str) -> frozenset[str]:
    """Fields of a kind of part that an edit may set."""
    return own_fields(kind) | (PROVENANCE & model_of(kind).model_fields.keys())


def written_edit(edit: Edit) -> dict[str, Any]:
    """``edit`` as a file holds it: parts in the form of a topology file."""
    if edit.removes:
        return {"address": edit.address, "remove": True}
    if isinstance(edit.part, Model):
        return {"address": edit.address, "put": edit.part.model_dump(mode="json", exclude_defaults=True)}
    kind = kind_of(edit.address)
    fields = {
        name: _adapter(kind, name).dump_python(value, mode="json", exclude_defaults=True)
        for name, value in sorted(edit.fields.items())
    }
    return {"address": edit.address, "set": fields}


def read_edit(document: Document, path: Place, entry: EditEntry, problems: list[Problem]) -> Edit:
    """The edit that ``entry`` says, which stands at ``path``; adds to ``problems`` what is wrong with it."""
    kind = kind_of(entry.address)
    stated = [name for name in ("put", "set", "remove") if getattr(entry, name) not in (None, False)]
    found = list(_wrong(entry, kind, stated))
    if found:
        problems += [placed(document, (*path, *where), message) for where, message in found]
        return Edit(entry.address)
    if entry.put is not None:
        part = _part(document, path, entry, problems)
        return Edit(entry.address, part=part)
    if entry.set is not None:
        return Edit(entry.address, fields=_fields(document, path, kind, entry.set, problems))
    return Edit(entry.address)


def _wrong(entry: EditEntry, kind: str, stated: list[str]) -> Any:
    known = (*KINDS, kind_of(SYSTEM))
    if kind not in known:
        yield ("address",), f"there are no parts of kind {kind!r}{nearest(kind, known)}"
    elif bool(path_of(entry.address)) == (entry.address == SYSTEM):
        yield ("address",), f"{entry.address!r} is no address of a part"
    elif len(stated) != 1:
        yield (), "state exactly one of put, set and remove"
    elif entry.set is not None:
        for name in entry.set:
            if name not in settable(kind):
                yield ("set", name), f"is not a known field{nearest(name, settable(kind))}"


def _part(document: Document, path: Place, entry: EditEntry, problems: list[Problem]) -> Value | None:
    kind = kind_of(entry.address)
    unknown = [name for name in entry.put or () if name not in settable(kind)]
    if unknown:
        hint = nearest(unknown[0], settable(kind))
        problems.append(placed(document, (*path, "put", unknown[0]), f"is not a known field of a {kind}{hint}"))
        return None
    try:
        part: Model = model_of(kind).model_validate(entry.put)
    except ValidationError as failure:
        problems += _told(document, (*path, "put"), failure)
        return None
    try:
        own = SYSTEM if entry.address == SYSTEM else own_address(kind, part, parent_of(entry.address))
    except IndexError:
        own = ""
    if own != entry.address:
        problems.append(placed(document, (*path, "address"), f"is not the address of what stands under it, {own}"))
    return part


def _fields(
    document: Document, path: Place, kind: str, stated: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any]:
    found = {}
    for name, value in stated.items():
        try:
            found[name] = _adapter(kind, name).validate_python(value)
        except ValidationError as failure:
            problems += _told(document, (*path, "set", name), failure)
    return found


def _told(document: Document, path: Place, failure: ValidationError) -> list[Problem]:
    details = failure.errors(include_url=False, include_input=False)
    return [
        placed(document, (*path, *detail["loc"]), detail["msg"].replace("Input should be ", "should be "))
        for detail in details
    ]
