"""Environment files: each rule of their syntax."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.errors import InputError, NovaplanError
from novaplan.importers.compose.dotenv import parse_env, read_env, values_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("export A=b", "b"),
        ("A: b", "b"),
        ("A=", ""),
        ("A=b # comment", "b"),
        ("A=b#c", "b#c"),
        ("A=# comment", ""),
        ("A=b c", "b c"),
        ('A="b # c" # comment', "b # c"),
        ("A='b'", "b"),
        ("A='$SET ${SET}'", "$SET ${SET}"),
        ("A=$SET/x", "value/x"),
        ('A="${SET}"', "value"),
        ("A=${UNSET:-d}", "d"),
        (r'A="a\tb\nc\\d\"e"', 'a\tb\nc\\d"e'),
        (r'A="\$SET"', "$SET"),
        (r"A=a\tb", r"a\tb"),
        (r"A='a\tb'", r"a\tb"),
        (r"A='Let\'s go'", "Let's go"),
        ('A="one\ntwo"', "one\ntwo"),
        ("A='-----\nkey\n-----'", "-----\nkey\n-----"),
        ("A=b\r\nB=c\r\n", "b"),
        ("\n\n# A=x\n  A=b", "b"),
        ("\ufeffA=b", "b"),
        ("A=postgres://u:p@h:5432/d?x=y", "postgres://u:p@h:5432/d?x=y"),
    ],
)
def test_value(tmp_path: Path, text: str, value: str) -> None:
    path = tmp_path / "env"
    path.write_bytes(text.encode())
    assert values_of(read_env(path, {"SET": "value"}))["A"] == value


def test_lines_and_order() -> None:
    found = parse_env("A=1\n\n# x\nB='two\nlines'\nA=3\n", {}, file="f")
    assert [(item.name, item.value, item.where.line) for item in found] == [
        ("A", "1", 1),
        ("B", "two\nlines", 4),
        ("A", "3", 6),
    ]
    assert values_of(found) == {"A": "3", "B": "two\nlines"}


def test_earlier_lines_may_be_used_and_outer_variables_go_before_them() -> None:
    assert values_of(parse_env("A=1\nB=$A\n", {})) == {"A": "1", "B": "1"}
    assert values_of(parse_env("A=1\nB=$A\n", {"A": "outer"}))["B"] == "outer"


def test_name_alone_takes_its_value_from_outside() -> None:
    found = parse_env("SET\nUNSET\nC=3", {"SET": "value"})
    assert [(item.name, item.value) for item in found] == [("SET", "value"), ("UNSET", None), ("C", "3")]


def test_raw_takes_everything_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# c\nA='x' # y\nB=$SET\nC\n")
    found = read_env(path, {"SET": "value"}, raw=True)
    assert [(item.name, item.value) for item in found] == [("A", "'x' # y"), ("B", "$SET"), ("C", None)]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("A=1\nnot a line s3cret\n", 2, "NAME=VALUE"),
        ('A=1\nB="s3cret', 2, "not closed"),
        ("A='s3cret' more", 1, "after the closing quote"),
        ("A=${B:?s3cret}", 1, "demands the variable B"),
    ],
)
def test_malformed(text: str, line: int, part: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_env(text, {}, file="f.env")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("f.env", line)
    assert part in problem.message
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\0\1\2", b"\xff\xfe\xfa"])
def test_binary_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "env"
    path.write_bytes(content)
    with pytest.raises(NovaplanError):
        read_env(path, {})


@given(st.text(st.sampled_from("AB=:#'\"\\ \n\t${}x-export"), max_size=80))
def test_any_text_has_an_answer(text: str) -> None:
    try:
        parse_env(text, {"A": "a"})
    except InputError:
        return
