"""What is refused: every refusal is one DocumentError that says what, in which file, on which line."""

from __future__ import annotations

import contextlib
import io
import os
import random
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.documents.reader import parse, read
from novaplan.errors import DocumentError

SECRET = "hunter2-and-more"


def refusal(text: str | bytes) -> tuple[int | None, str]:
    with pytest.raises(DocumentError) as caught:
        parse(text, file="f.yaml")
    (problem,) = caught.value.problems
    assert problem.file == "f.yaml"
    assert SECRET not in str(caught.value)
    return problem.line, problem.message


@pytest.fixture(params=[True, False], ids=["libyaml", "pure"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(yaml, "__with_libyaml__", False)


@pytest.mark.parametrize(
    ("text", "key", "first", "second"),
    [
        ("a: 1\nb:\n  k: 1\n  j: 2\n  k: 3\n", "k", 3, 5),
        ("a: 1\n\nb: {k: 1,\n j: 2, 'k': 3}\n", "k", 3, 4),
        ("\n\n1: a\n\n'1': b", "1", 3, 5),
    ],
)
def test_duplicate_keys_name_the_key_and_both_lines(text: str, key: str, first: int, second: int) -> None:
    assert refusal(text) == (second, f"the key '{key}' is given twice, first on line {first}; keep one")


def test_a_long_key_is_shortened() -> None:
    _, message = refusal(f"{'k' * 500}: 1\n{'k' * 500}: 2\n")
    assert len(message) < 150


def test_two_merges_in_one_map_are_refused() -> None:
    assert refusal("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n") == (
        4,
        "the key '<<' is given twice; merge a list of maps instead: '<<: [*one, *two]'",
    )


@pytest.mark.parametrize("key", ["? [a]\n: 1", "? {a: 1}\n: 1", "? &x [a]\n: 1", "v: &l [1]\n*l : 1"])
def test_a_key_that_is_no_text_is_refused(key: str) -> None:
    line, message = refusal(f"{key}\n")
    assert message == "a key must be plain text, not a map or a list"
    assert line == (2 if "*l" in key else 1)


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"a: 1\nb: {SECRET}: 2\n", 2, "mapping values are not allowed"),
        (f"a:\n\t- {SECRET}\n", 2, "indent with spaces, not tabs"),
        (f"a: [1, {SECRET}\nb: 2\n", 2, "check that brackets are closed"),
        (f"a: '{SECRET}\nb: 2\n", 1, "close the quote that starts here"),
        (f'a: "{SECRET}\\q"\n', 1, "write a backslash twice"),
        (f"a: @{SECRET}\n", 1, "quote a text that starts with @"),
        (f"a:\n  - 1\n {SECRET}: 2\n", 3, "check the indentation"),
        (f"a: 1\n{SECRET}\n", 3, "give every key a colon"),
        (f"a: !{SECRET}!x 1\n", 1, "undefined tag handle"),
    ],
)
def test_malformed_yaml_says_where_and_why_without_quoting(text: str, line: int, said: str) -> None:
    found_line, message = refusal(text)
    assert message.startswith("is not valid YAML: ")
    assert said in message
    assert "\n" not in message
    assert found_line is not None
    assert abs(found_line - line) <= 1  # the two parsers differ by a line at the end of a text


@pytest.mark.usefixtures("either_parser")
def test_aliases() -> None:
    assert refusal("a: 1\nb: *who\n") == (2, "the alias 'who' has no anchor before it; define one with '&'")
    for text in ("a: 1\nb: &x [1, *x]\n", "a: 1\nb: &x {k: *x}\n", "a: 1\n&x b: {<<: &y {<<: *y}}\n"):
        line, message = refusal(text)
        assert line == 2
        assert message.endswith("stands inside what it repeats and would never end")


def test_an_alias_bomb_is_refused_at_once() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    before = time.perf_counter()
    line, message = refusal("\n".join(levels))
    assert time.perf_counter() - before < 5  # it takes milliseconds; unpacking it would take minutes
    assert line == 8
    assert message == "aliases would expand to more than 10,000,000 values; write fewer aliases of aliases"


def test_a_bomb_over_several_documents_or_of_merges_is_refused() -> None:
    big = "a: &a [" + "x, " * 5000 + "x]\n"
    assert "10,000,000" in refusal((big + "b: [" + "*a, " * 1000 + "*a]\n---\n") * 3)[1]
    wide = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(5000)) + "}\n"
    assert "10,000,000" in refusal(wide + "".join(f"m{n}: {{<<: *a}}\n" for n in range(1100)))[1]


def test_honest_aliases_pass() -> None:
    text = "a: &a {x: [1, 2, 3]}\n" + "".join(f"k{n}: *a\n" for n in range(10_000))
    assert len(parse(text)[0].value) == 10_001


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("{a: ", "}"), ("!!seq [", "]")])
def test_a_hundred_levels_and_no_more(start: str, end: str) -> None:
    assert len(parse(start * 100 + end * 100)) == 1
    assert refusal("\n" + start * 101 + end * 101) == (2, "nested deeper than 100 levels; flatten the document")


def test_very_deep_nesting_is_refused_without_reading_it_all() -> None:
    assert "nested deeper" in refusal("[" * 1_000_000)[1]
    assert "nested deeper" in refusal("- " * 10_000)[1]


def test_aliases_cannot_nest_deeper_than_what_is_written() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [[*a{n - 1}]]" for n in range(1, 50)]
    assert "nested deeper" in refusal("\n".join(lines) + "\nb: [*a49]")[1]
    assert parse("\n".join(lines) + "\nb: *a49")
    # What is deep elsewhere does not count for a shallow anchor.
    assert parse("a: " + "[" * 98 + "]" * 98 + "\nb: &b [1]\nc: " + "[" * 98 + "*b" + "]" * 98)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a: 1\nb: \0\n", 2, "holds a NUL byte, so it is a binary file; hand over YAML text"),
        (b"\x7fELF\x02\x01\0\0", 1, "holds a NUL byte, so it is a binary file; hand over YAML text"),
        (b"a: 1\n\nb: \xff\xfe\n", 3, "is not UTF-8 text; save it as UTF-8"),
        ("größe: 1\n".encode("latin-1"), 1, "is not UTF-8 text; save it as UTF-8"),
        (b"\xff\xfea\0:", 1, "is not UTF-16 text; save it as UTF-8"),
        ("a: 1\nb: \ud800", 2, "holds half of a surrogate pair; save it as UTF-8"),
        (b"a: 1\nb: \x07\n", 2, "holds the control character U+0007, which YAML does not allow; remove it"),
    ],
)
@pytest.mark.usefixtures("either_parser")
def test_binary_content(data: str | bytes, line: int, message: str) -> None:
    assert refusal(data) == (line, message)


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize("escape", ["\\ud800", "\\UFFFFFFFF", "\\U00110000", "\\xg0"])
def test_escapes_that_stand_for_no_character(escape: str) -> None:
    line, message = refusal(f'a: 1\nb: "x{escape}"\n')
    assert line == 2
    assert message.startswith("is not valid YAML: ")
    for text in (f'{{"a": "{escape}"}}', f'{{"{escape}": [1]}}'):
        with pytest.raises(DocumentError):
            parse(text, file="x.json")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    nameless: list[tuple[str, str]] = [
        (str(tmp_path / "none.yaml"), "there is no such file"),
        (str(tmp_path), "is a folder; name a file in it"),
        ("a\0b", "is no name of a file"),
        ("x" * 5000, "cannot be read: File name too long"),
    ]
    for name, message in nameless:
        with pytest.raises(DocumentError) as caught:
            read(name)
        assert caught.value.problems[0].message == message
        assert caught.value.problems[0].file == name


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1")
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser reads everything
        monkeypatch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(DocumentError, match=r"x.yaml: may not be read; check its permissions"):
        read(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as stream:
        stream.truncate(64 * 2**20 + 1)
    with pytest.raises(DocumentError, match=r"x.yaml: is larger than 64 MiB; split it"):
        read(path)
    path.write_text("a: 1\n")
    assert read(path, max_bytes=5)
    with pytest.raises(DocumentError, match="is larger than 4 bytes"):
        read(path, max_bytes=4)


def test_standard_input_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 12345\n")))
    with pytest.raises(DocumentError, match="<stdin>: is larger than 4 bytes"):
        read("-", max_bytes=4)


def survives(data: str | bytes, file: str = "f.yaml") -> None:
    with contextlib.suppress(DocumentError):
        parse(data, file=file, tags="keep")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60) | st.text("-:[]{}&*!<>|'\"#%@,? \n\tab01\\uU.~=x", max_size=40))
def test_only_document_errors_escape(data: str | bytes) -> None:
    survives(data)
    survives(data, "f.json")


@settings(max_examples=200, deadline=None)
@given(st.text("-:[]{}&*!<>|'\"#%@,? \n\tab01\\uUD8.~=x", max_size=40))
def test_only_document_errors_escape_the_pure_parser(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        survives(text)


def test_only_document_errors_escape_from_damaged_files() -> None:
    chance = random.Random(7)
    whole = b"a: &x {k: [1, 'two', \"th\\u0072ee\"]}\nb: !t\n"
    whole += b"  - <<: *x\n    m: |2+\n        text\n  - !!binary aGk=\n? c\n: d\n"
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 2)] = bytes(
                chance.choices(whole + b"\x00\xff\t%@", k=chance.randint(0, 2))
            )
        survives(bytes(data))
