"""The JSON contract of a difference, ``novaplan/diff/v1``, as a JSON Schema."""

from typing import Any

from novaplan.capacity.totals import FIGURES
from novaplan.changes.model import ACTIONS
from novaplan.topology.parts import KINDS

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_NAMES = {"type": "array", "items": _TEXT}


def _record(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_PAIR = _record(current=_COUNT, target=_COUNT)
_SIDE = _record(name=_TEXT, digest={"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"})
_THERE = {
    "type": "object",
    "additionalProperties": _record(
        fate={"enum": ["kept", "absorbed", "moved", "internal", "retired"]}, into=_NAMES, reason=_TEXT
    ),
}
_COUNTED = (
    "services",
    "optional_services",
    "datastores",
    "highly_available_datastores",
    "externals",
    "dependencies",
    "routes",
    "secrets",
    "namespaces",
    "databases",
    "schemas",
    "logical_dbs",
    "topics",
    "consumer_groups",
    "pods",
    "unknown_resources",
)
_FIELD = _record(path=_TEXT, before=True, after=True)
_FIELD["properties"]["by_source"] = {"type": "object"}
# A quantity is an integer wherever its name says the unit.
_FIELD["if"] = {"properties": {"path": {"pattern": "_(millicores|bytes|milliseconds)$"}}}
_FIELD["then"] = {
    "properties": {
        "before": {"type": ["integer", "null"]},
        "after": {"type": ["integer", "null"]},
        "by_source": {"additionalProperties": {"type": ["integer", "null"]}},
    }
}

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_record(
        format={"const": "novaplan/diff/v1"},
        current=_SIDE,
        target=_SIDE,
        lineage=_record(basis={"enum": ["exact", "stale", "none"]}, services=_THERE, datastores=_THERE),
        summary=_record(
            **dict.fromkeys(_COUNTED, _PAIR),
            internal_dependencies=_COUNT,
            actions=_record(**dict.fromkeys(ACTIONS, _COUNT)),
            resources=_record(**dict.fromkeys(FIGURES[1:], _PAIR)),
        ),
        changes={
            "type": "array",
            "items": _record(
                action={"enum": list(ACTIONS)},
                kind={"enum": ["system", *KINDS]},
                address=_TEXT,
                sources=_NAMES,
                into=_NAMES,
                fields={"type": "array", "items": _FIELD},
                reason=_TEXT,
            ),
        },
    ),
}
