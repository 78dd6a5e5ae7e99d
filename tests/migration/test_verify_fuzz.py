"""Plan files that were mutated in any way: told in lines that name the file, or judged; never a traceback."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novaplan.errors import InputError
from novaplan.migration import storage
from novaplan.migration.planning import plan
from novaplan.migration.verify import verify
from tests.migration.plans import PAIRS

BODIES: dict[str, Any] = {}
for pair, sides in PAIRS.items():
    made = plan(*sides)
    BODIES[pair] = json.loads(storage.dumps(made.world, made.proof, as_json=True))
STRANGE = [
    None,
    True,
    -1,
    0,
    10**40,
    1.5,
    "",
    "x",
    " ",
    "\x00",
    "a/b",
    [],
    [None],
    {},
    {"x": []},
    "service:web",
    "fact:x",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document but those that are not read."""
    found = [path] if path else []
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = [(key, value[key]) for key in value if path or key not in ("states", "proof")]
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        found += places(item, (*path, key))
    return found


def mutated(body: Any, data: st.DataObject) -> Any:
    """``body`` with some places removed, doubled, moved, replaced by another part of it or by something strange."""
    body = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(body)))
        holder = body
        for key in way:
            holder = holder[key]
        what = data.draw(st.sampled_from(["drop", "strange", "other", "double", "swap"]))
        if what == "drop":
            del holder[last]
        elif what == "strange":
            holder[last] = data.draw(st.sampled_from(STRANGE))
        elif what == "other":
            source: Any = body
            for key in data.draw(st.sampled_from(places(body))):
                source = source[key]
            holder[last] = copy.deepcopy(source)
        elif isinstance(holder, list):
            other = data.draw(st.integers(0, len(holder) - 1))
            if what == "double":
                holder.insert(other, copy.deepcopy(holder[last]))
            else:
                holder[last], holder[other] = holder[other], holder[last]
    return body


@pytest.mark.parametrize("pair", PAIRS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_was_mutated_is_refused_in_lines_or_judged(pair: str, data: st.DataObject) -> None:
    changed = mutated(BODIES[pair], data)
    try:
        found = verify(storage.loads(json.dumps(changed), file="plan.json"), *PAIRS[pair])
    except InputError as no:
        for problem in no.problems:
            assert "\n" not in str(problem)
            assert problem.file == "plan.json"
        return
    for breach in found.breaches:
        assert breach.message
        assert breach.remedy
    if found.accepted:
        assert {step["id"] for step in changed["steps"]} >= {step["id"] for step in BODIES[pair]["steps"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "\x00\x01\x02",
        "steps: " + "[" * 5_000,
        "a: &a [1]\nb: [*a, *a]",
        "format: novaplan/topology/v1\n",
    ],
)
def test_what_is_no_plan_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(InputError) as no:
        storage.loads(text, file="plan.yaml")
    assert all("\n" not in str(problem) and problem.file == "plan.yaml" for problem in no.value.problems)
