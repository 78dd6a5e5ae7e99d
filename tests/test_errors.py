"""Errors: one tree, one line for each problem, whatever is in the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan import errors
from novaplan.errors import (
    ConsolidationRefused,
    DocumentError,
    InputError,
    MissingExtraError,
    NovaplanError,
    OutputError,
    PolicyError,
    Problem,
    TopologyError,
    UnknownNameError,
    nearest,
    one_line,
)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("is wrong"), "is wrong"),
        (Problem("is wrong", file="a.yaml"), "a.yaml: is wrong"),
        (Problem("is wrong", file="a.yaml", line=3), "a.yaml:3: is wrong"),
        (Problem("is wrong", file="a.yaml", line=3, field="services[api]"), "a.yaml:3: services[api]: is wrong"),
        (Problem("is wrong", field="services[api]"), "services[api]: is wrong"),
        # A line without a file says nothing.
        (Problem("is wrong", line=3), "is wrong"),
        (Problem("two\nlines", file="a\nb", field="\x1b[31mred"), "a b: [31mred: two lines"),
    ],
)
def test_a_problem_is_one_line_with_its_place_first(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_an_error_from_a_message_has_one_problem() -> None:
    error = TopologyError("is wrong", file="a.yaml", line=3, field="name")

    assert error.problems == (Problem("is wrong", file="a.yaml", line=3, field="name"),)
    assert str(error) == "a.yaml:3: name: is wrong"


def test_an_error_from_problems_has_one_line_for_each() -> None:
    error = ConsolidationRefused([Problem("first"), Problem("second", file="a.yaml")])

    assert [problem.message for problem in error.problems] == ["first", "second"]
    assert str(error) == "first\na.yaml: second"


def test_the_module_draws_the_tree_of_its_errors() -> None:
    assert errors.__doc__ is not None
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = [(-1, "Exception")]
    for indent, name in re.findall(r"^ {4}([ |`-]*)(\w+)", errors.__doc__, re.MULTILINE):
        while above[-1][0] >= len(indent):
            above.pop()
        drawn[name] = above[-1][1]
        above.append((len(indent), name))
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, Exception)]

    assert drawn == {error.__name__: error.__base__.__name__ for error in classes if error.__base__}


@pytest.mark.parametrize("error", [DocumentError, TopologyError, PolicyError, UnknownNameError])
def test_whoever_catches_bad_input_catches(error: type[NovaplanError]) -> None:
    assert issubclass(error, InputError)


@pytest.mark.parametrize("error", [ConsolidationRefused, OutputError, MissingExtraError])
def test_what_is_no_bad_input(error: type[NovaplanError]) -> None:
    assert issubclass(error, NovaplanError)
    assert not issubclass(error, InputError)


@given(st.text())
def test_one_line_is_one_printable_line_and_stays_so(text: str) -> None:
    folded = one_line(text)

    assert folded.isprintable()
    assert len(folded.splitlines()) <= 1
    assert folded == folded.strip()
    assert one_line(folded) == folded


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.text())
def test_an_error_has_as_many_lines_as_problems(messages: list[str], field: str) -> None:
    problems = [Problem(f"({message})", field=field) for message in messages]

    assert len(str(NovaplanError(problems)).split("\n")) == len(problems)


def test_the_nearest_known_name_is_a_hint() -> None:
    assert nearest("replica", ["name", "replicas", "role"]) == " (did you mean 'replicas'?)"
    assert nearest("replica", ["name", "role"]) == ""
    assert nearest("replica", []) == ""


def test_the_hint_does_not_depend_on_the_order_of_the_names() -> None:
    known = ["api-a", "api-b", "api-c"]

    assert nearest("api-x", known) == nearest("api-x", reversed(known))
