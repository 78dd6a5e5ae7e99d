"""The JSON Schema of a topology file, for editors; descriptions come from the model's own documentation."""

import ast
import inspect
import textwrap
from typing import Any

from pydantic import BaseModel

from novaplan.topology.base import Model
from novaplan.topology.system import Topology
from novaplan.topology.units import units, written


def json_schema(model: type[Model] = Topology) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of files that hold a ``model``."""
    schema = model.model_json_schema()
    by_name = {found.__name__: found for found in _models(model)}
    for name, definition in [(model.__name__, schema), *schema.get("$defs", {}).items()]:
        if name in by_name:
            _describe(definition, by_name[name])
            _write_defaults(definition, by_name[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _models(root: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting: list[Any] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, type) and issubclass(item, BaseModel):
            if item not in found:
                found.add(item)
                waiting.extend(field.annotation for field in item.model_fields.values())
        else:
            waiting.extend(getattr(item, "__args__", ()))
    return found


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Field descriptions are the strings below the fields: read from the source only here, so that starting up costs
    nothing for them."""
    properties = definition.get("properties", {})
    for name, text in _field_docs(model).items():
        if name in properties:
            properties[name]["description"] = text


def _write_defaults(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Defaults as a file writes them: pydantic tells the integers that quantities are held as."""
    forms = units(model)
    for name, body in definition.get("properties", {}).items():
        default = model.model_fields[name].default
        if isinstance(default, BaseModel):
            body["default"] = default.model_dump(mode="json")
        elif name in forms and isinstance(default, int):
            body["default"] = written(default, forms[name])


def _field_docs(model: type[BaseModel]) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(tree, ast.ClassDef)
    docs = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            docs[field.target.id] = inspect.cleandoc(str(below.value.value)).replace("\n", " ")  # type: ignore[attr-defined]
    return docs
