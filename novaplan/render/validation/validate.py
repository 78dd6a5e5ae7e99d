"""Hold objects against the schemas of Kubernetes: unknown fields, wrong types, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from novaplan.errors import MissingExtraError, Problem
from novaplan.render.manifests import Manifest
from novaplan.render.validation.schemas import schema_of


def validate(manifests: Iterable[Manifest], versions: Sequence[str]) -> list[Problem]:
    """What the API servers of these minor versions of Kubernetes would refuse, in the order of the objects.

    A problem's field names the object and the path in it; its message says in which versions, where it is not all of
    them, and quotes no value of the object. Values that a schema cannot judge, such as whether a name is taken, are not
    looked at. Raises MissingExtraError without jsonschema-rs, and UnknownNameError for a version whose schemas are not
    carried.
    """
    validator = _validators()
    found: dict[tuple[str, str], list[str]] = {}
    for item in manifests:
        api_version, kind = str(item.get("apiVersion")), str(item.get("kind"))
        for version in versions:
            check = validator(api_version, kind, version)
            if check is None:
                key = (_shown(item, ()), f"there is no schema of {kind} in {api_version}")
                found.setdefault(key, []).append(version)
            elif not check.is_valid(item):
                for path, message in _errors(check, item):
                    found.setdefault((_shown(item, path), message), []).append(version)
    return [
        Problem(message if len(where) == len(versions) else f"{message} (Kubernetes {', '.join(where)})", field=field)
        for (field, message), where in found.items()
    ]


@cache
def _validators() -> Any:
    """Gives the compiled validator of a kind of object in a version. Raises MissingExtraError."""
    try:
        library = import_module("jsonschema_rs")
    except ModuleNotFoundError:
        raise MissingExtraError("--validate needs jsonschema-rs: pip install 'novaplan[validate]'") from None

    @cache
    def compiled(api_version: str, kind: str, version: str) -> Any:
        schema = schema_of(api_version, kind, version)
        return None if schema is None else library.Draft202012Validator(schema, mask="the value")

    return compiled


def _errors(check: Any, item: Manifest) -> list[tuple[tuple[str | int, ...], str]]:
    found: list[tuple[tuple[str | int, ...], str]] = []
    for error in check.iter_errors(item):
        path, words = tuple(error.instance_path), error.kind.as_dict()
        match error.kind.name:
            case "additionalProperties":
                found += [((*path, name), "there is no such field") for name in sorted(words["unexpected"])]
            case "required":
                found.append(((*path, words["property"]), "is missing"))
            case "type":
                found.append((path, f"should be of type {_either(words['types'])}"))
            case "enum":
                found.append((path, f"should be {_either([str(option) for option in words['options']])}"))
            case _:
                found.append((path, str(error.message)))
    return found


def _either(options: list[str]) -> str:
    return " or ".join(option for option in options if option != "null")


def _shown(item: Manifest, path: Iterable[str | int]) -> str:
    metadata = item.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    name = "/".join(str(named[key]) for key in ("namespace", "name") if named.get(key))
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"{item.get('kind')} {name}: {steps.removeprefix('.')}" if steps else f"{item.get('kind')} {name}"
