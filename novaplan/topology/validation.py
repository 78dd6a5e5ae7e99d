"""From a document to a model, with every problem told by file, line and field."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from novaplan.documents.positions import Document
from novaplan.errors import InputError, Problem, nearest
from novaplan.topology.base import Model
from novaplan.topology.consistency import InconsistentError

M = TypeVar("M", bound=Model)

_NAME_HELP = (
    "is not a name Kubernetes accepts: use lower-case letters, digits and '-', start and end with a letter or digit, "
    "at most 63 characters"
)
_MESSAGES = {
    "missing": "is required",
    "model_type": "should be a mapping of fields",
    "model_attributes_type": "should be a mapping of fields",
    "tuple_type": "should be a list",
    "string_type": "should be text; put it in quotes",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "int_parsing": "should be a whole number",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
}


def validate(model: type[M], document: Document, error: type[InputError]) -> M:
    """``document`` as a ``model``. Raises ``error`` with every problem found."""
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "should be a mapping of fields at its top"
        raise error(f"the file {what}", file=document.file, line=document.line)
    try:
        return model.model_validate(document.value)
    except ValidationError as failure:
        raise error([_problem(document, model, detail) for detail in _telling(failure)]) from None
    except InconsistentError as failure:
        raise error([placed(document, path, message) for path, message in failure.findings]) from None


def _telling(failure: ValidationError) -> Iterator[ErrorDetails]:
    """Each place once: a value that fits no member of a union is reported for every member."""
    seen: set[tuple[Any, ...]] = set()
    for detail in failure.errors(include_url=False, include_context=True, include_input=False):
        place = tuple(step for step in detail["loc"] if isinstance(step, int) or "-" not in step)
        if place not in seen:
            seen.add(place)
            yield detail


def _problem(document: Document, model: type[Model], detail: ErrorDetails) -> Problem:
    kind, loc = detail["type"], detail["loc"]
    message = _MESSAGES.get(kind, detail["msg"])
    if kind == "extra_forbidden":
        message = f"is not a known field{nearest(str(loc[-1]), _fields_at(model, loc[:-1]))}"
    elif kind in ("string_pattern_mismatch", "string_too_long") and loc[-1:] != ("path",):
        message = _NAME_HELP
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        context = detail.get("ctx", {})
        message = "needs a type" + (f": one of {context['expected_tags']}" if "expected_tags" in context else "")
    elif message.startswith("Input should be "):
        message = "should be " + message.removeprefix("Input should be ")
    return placed(document, loc, message)


def placed(document: Document, loc: Sequence[str | int], message: str) -> Problem:
    """A problem where its path leads in the document; steps that only pydantic knows (tags of unions) are skipped."""
    node: Any = document.value
    path: list[str | int] = []
    field = ""
    for position, step in enumerate(loc):
        if isinstance(node, dict) and step in node:
            node = node[step]
            field += f".{step}"
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
            name = node.get("name") if isinstance(node, dict) else None
            field += f"[{name if isinstance(name, str) else step}]"
        elif isinstance(node, list) and (named := _named(node, step)) is not None:
            node = named
            field += f"[{step}]"
        else:
            if position == len(loc) - 1 and isinstance(node, dict):
                field += f".{step}"
            continue
        path.append(step)
    return Problem(message, file=document.file, line=document.line_of(path), field=field.removeprefix(".") or None)


def _named(items: list[Any], name: str | int) -> Any:
    return next((item for item in reversed(items) if isinstance(item, dict) and item.get("name") == name), None)


def _fields_at(model: type[Model], loc: Sequence[str | int]) -> set[str]:
    """The field names the schema knows at a place; looked up only when something is wrong there."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for step in loc:
        nodes = list(_below(nodes, step, definitions)) or nodes
    return {name for node in _resolved(nodes, definitions) for name in node.get("properties", {})}


def _below(nodes: Sequence[dict[str, Any]], step: str | int, definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for node in _resolved(nodes, definitions):
        if isinstance(step, int) and "items" in node:
            yield node["items"]
        elif step in node.get("properties", {}):
            yield node["properties"][step]


def _resolved(nodes: Sequence[dict[str, Any]], definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if "$ref" in node:
            yield from _resolved([definitions[node["$ref"].rpartition("/")[2]]], definitions)
        for union in ("anyOf", "oneOf", "allOf"):
            yield from _resolved(node.get(union, []), definitions)
        yield node
