"""From a document to a model, with every problem told by file, line and field."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from novaplan.documents.positions import Document
from novaplan.errors import InputError, Problem, nearest
from novaplan.topology.base import HOST_PATTERN, LABEL_PATTERN, NAME_PATTERN, Model
from novaplan.topology.consistency import InconsistentError
from novaplan.topology.wiring import ROUTE_HOST_PATTERN, ROUTE_PATH_PATTERN

M = TypeVar("M", bound=Model)

_NOT_A_NAME = "is not a name Kubernetes accepts: use lower-case letters, digits"
_ENDS = "start and end with a letter or digit"
_PATTERNS = {
    NAME_PATTERN: f"{_NOT_A_NAME} and '-', {_ENDS}, at most 63 characters",
    HOST_PATTERN: f"{_NOT_A_NAME}, '-' and '.', {_ENDS}, at most 253 characters",
    LABEL_PATTERN: "should hold no white space and no control characters",
    ROUTE_HOST_PATTERN: f"is not a host: use lower-case letters, digits, '-' and '.', {_ENDS}; '*.' may go first",
    ROUTE_PATH_PATTERN: "should start with '/' and hold no white space",
}
_TYPES = {
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
    "tuple_type": "a list",
    "string_type": "text; put it in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_IDENTITIES = ("name", "service", "part", "index")
"""The fields by which an item of a list is called."""
_LENGTHS = {
    "string_too_short": "should not be empty",
    "too_short": "should not be empty",
    "string_too_long": "is longer than {max_length} characters",
}


def validate(model: type[M], document: Document, error: type[InputError]) -> M:
    """``document`` as a ``model``. Raises ``error`` with every problem found."""
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "should be a mapping of fields at its top"
        raise error(f"the file {what}", file=document.file, line=document.line)
    try:
        return model.model_validate(document.value)
    except ValidationError as failure:
        raise error(list(_problems(document, model, failure))) from None
    except InconsistentError as failure:
        raise error([placed(document, path, message) for path, message in failure.findings]) from None


def _problems(document: Document, model: type[Model], failure: ValidationError) -> Iterator[Problem]:
    """One problem for each place: a value that fits no member of a union is reported for every member."""
    places: dict[tuple[Any, ...], list[ErrorDetails]] = {}
    for detail in failure.errors(include_url=False, include_context=True, include_input=False):
        path, beyond = _walk(document.value, detail["loc"])
        absent = beyond if detail["type"] == "missing" else None
        places.setdefault((*path, absent), []).append(detail)
    for details in places.values():
        # The member of the union that was meant is the one that took the type and stumbled over the value.
        telling = [detail for detail in details if detail["type"] not in _TYPES] or details
        messages = dict.fromkeys(_message(model, detail) for detail in telling)
        message = next(iter(messages)) if telling is not details else _either(list(messages))
        yield placed(document, telling[0]["loc"], message)


def _either(messages: list[str]) -> str:
    """``should be a whole number or text`` from a message for each of the two."""
    if len(messages) == 1:
        return messages[0]
    return "should be " + " or ".join(message.removeprefix("should be ").partition(";")[0] for message in messages)


def _message(model: type[Model], detail: ErrorDetails) -> str:
    kind, loc, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind in _TYPES:
        return f"should be {_TYPES[kind]}"
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return f"is not a known field{nearest(str(loc[-1]), _fields_at(model, loc[:-1]))}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"should match {context['pattern']}")
    if kind in _LENGTHS:
        return _LENGTHS[kind].format_map(context)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return "needs a type" + (f": one of {context['expected_tags']}" if "expected_tags" in context else "")
    return detail["msg"].replace("Input should be ", "should be ")


def _walk(value: Any, loc: Sequence[str | int]) -> tuple[list[str | int], str | int | None]:
    """The steps of ``loc`` that the document has, and the last one if it has not that.

    Steps that only pydantic knows (members of unions) are left out; a string selects the last item of a list that is
    called so.
    """
    path: list[str | int] = []
    beyond: str | int | None = None
    for step in loc:
        index = _position(value, step) if isinstance(value, list) else None
        known = index is not None or (isinstance(value, dict) and step in value)
        beyond = None if known else step
        if known:
            path.append(step if index is None else index)
            value = value[path[-1]]
    return path, beyond


def placed(document: Document, loc: Sequence[str | int], message: str) -> Problem:
    """A problem where its path leads in the document; the last step may be a field that is missing there."""
    path, beyond = _walk(document.value, loc)
    node, field = document.value, ""
    for step in path:
        node = node[step]
        name = node.get("name") if isinstance(node, dict) and isinstance(step, int) else None
        shown = name if isinstance(name, str) and name else step
        field += f"[{shown}]" if isinstance(step, int) else f".{shown}"
    if beyond is not None and isinstance(node, dict):
        field += f".{beyond}"
    return Problem(message, file=document.file, line=document.line_of(path), field=field.removeprefix(".") or None)


def _position(items: list[Any], step: str | int) -> int | None:
    if isinstance(step, int):
        return step if step < len(items) else None
    for position in range(len(items) - 1, -1, -1):
        item = items[position]
        if isinstance(item, dict) and any(str(item.get(field)) == step for field in _IDENTITIES if field in item):
            return position
    return None


@lru_cache(maxsize=4)
def _schema(model: type[Model]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _fields_at(model: type[Model], loc: Sequence[str | int]) -> set[str]:
    """The field names the schema knows at a place; looked up only when something is wrong there."""
    schema = _schema(model)
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
