"""Differences of objects: applied as a JSON patch they give the other object."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from novaplan.importers.kubernetes.patches import apply
from novaplan.render.layouts.differences import difference, operations

KEYS = st.sampled_from(("a", "b", "a/b", "~", "~1", "", "0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(("", "a", "1")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
MAPS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(before=MAPS, after=MAPS)
def test_a_patch_of_the_difference_gives_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    steps = [
        {"op": step.op, "path": step.pointer, **({} if step.op == "remove" else {"value": step.value})}
        for step in operations(before, after)
    ]
    patched = apply(copy.deepcopy(before), steps)
    assert json.dumps(patched, sort_keys=True) == json.dumps(after, sort_keys=True)  # where 1 is not true


@given(value=MAPS)
def test_there_is_none_between_equals(value: dict[str, Any]) -> None:
    assert list(operations(value, copy.deepcopy(value))) == []


def test_a_boolean_is_no_number() -> None:
    assert [(step.op, step.path) for step in operations({"a": 1}, {"a": True})] == [("replace", ("a",))]


def test_objects_come_and_go_by_group_kind_namespace_and_name() -> None:
    def made(name: str, namespace: str, **body: Any) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, **body}

    found = difference(
        [made("a", "one"), made("b", "one"), made("c", "one", spec=1)],
        [made("a", "two"), made("b", "one"), made("c", "one", spec=2)],
    )
    assert [item["metadata"]["namespace"] for item in found.added] == ["two"]
    assert [item["metadata"]["name"] for item in found.removed] == ["a"]
    assert [(item["metadata"]["name"], [step.pointer for step in steps]) for item, steps in found.changed] == [
        ("c", ["/spec"])
    ]
