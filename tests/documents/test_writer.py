"""Writing: the style, what is quoted, what is refused."""

from __future__ import annotations

import enum
import math
import subprocess
import sys
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML

from novaplan.documents.reader import parse
from novaplan.documents.writer import dump, dump_all


def read_back(text: str) -> list[Any]:
    """What each reader makes of it: ours in both dialects, PyYAML (YAML 1.1) and ruamel (YAML 1.2)."""
    ruamel = YAML(typ="safe", pure=True)
    ruamel.version = (1, 2)
    ours, compose = parse(text), parse(text, dialect="compose")
    return [ours[0].value, compose[0].value, yaml.load(text, Loader=yaml.CSafeLoader), ruamel.load(text)]


def test_the_style() -> None:
    value = {
        "name": "cart",
        "ports": [80, 443],
        "empty": {"map": {}, "list": [], "nothing": None, "text": ""},
        "services": [
            {"name": "a", "env": [{"name": "X", "value": "1"}], "flags": {"on": True}},
            {"name": "b", "weight": 0.5},
        ],
        "matrix": [[1, 2], [], [[3]]],
        "script": "set -e\n\nexec run\n",
        "long": "word " * 100 + "end",
    }
    assert dump(value) == (
        """\
name: cart
ports:
  - 80
  - 443
empty:
  map: {}
  list: []
  nothing: null
  text: ""
services:
  - name: a
    env:
      - name: X
        value: "1"
    flags:
      "on": true
  - name: b
    weight: 0.5
matrix:
  - - 1
    - 2
  - []
  - - - 3
script: |
  set -e

  exec run
long: """
        + "word " * 100
        + "end\n"
    )
    assert read_back(dump(value)) == [value] * 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null\n"), (True, "true\n"), (7, "7\n"), ("x", "x\n"), ("a\nb", '"a\\nb"\n'), ({}, "{}\n"), ([], "[]\n"),
        ([1], "- 1\n"), ("--- x", '"--- x"\n'), ("... x", '"... x"\n'), ("", '""\n'),
        (1.0, "1.0\n"), (1e16, "1.0e+16\n"), (1.5e300, "1.5e+300\n"), (1e-7, "1.0e-07\n"),
        (math.inf, ".inf\n"), (-math.inf, "-.inf\n"), (-0.0, "-0.0\n"),
    ],
)  # fmt: skip
def test_a_document_of_any_kind(value: object, text: str) -> None:
    assert dump(value) == text
    # In the dialect of go-yaml a float of YAML 1.1 is one as well.
    assert read_back(text) == [value] * 4


def test_not_a_number() -> None:
    assert dump([math.nan]) == "- .nan\n"
    assert all(math.isnan(value[0]) for value in read_back("- .nan\n"))


def test_several_documents_under_a_header() -> None:
    text = dump_all([{"a": 1}, None, [2]], header="Written by hand\n\nand kept")
    assert text == "# Written by hand\n#\n# and kept\na: 1\n---\nnull\n---\n- 2\n"
    assert [document.value for document in parse(text)] == [{"a": 1}, None, [2]]
    assert dump("x", header="one") == "# one\nx\n"
    assert dump_all([]) == ""
    assert dump_all(iter([])) == ""


def test_a_header_cannot_break_out_of_its_comment() -> None:
    text = dump({"a": 1}, header="x\r b: 2\x85c: 3\u2028d: 4\x00\x1b[31m\ue000\ud800\nlast")
    assert [document.value for document in parse(text)] == [{"a": 1}]
    assert all(line.startswith("#") for line in text.splitlines()[:-1])


PLAIN = [
    "word", "two words", "registry.example.com/shop/cart:1.2.3", "postgres://db:5432/cart", "100m", "128Mi", "-Xmx512m",
    "--flag=value", "/healthz", "./run", ".hidden", "${VAR}/x", "a,b", "a [b]", "it's", 'say "hi"', "a#b", "C:\\temp",
    "größe", "日本語", "😀", "3-alpine", "a'b", "-c", "(x)", "1Gi", "x = y", "100%", "no way", "True story",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_text_needs_no_quotes(text: str) -> None:
    assert dump({"k": text}) == f"k: {text}\n"
    assert read_back(dump({text: [text]})) == [{text: [text]}] * 4


TRICKY = [
    "yes", "No", "ON", "off", "y", "N", "true", "FALSE", "null", "Null", "~", "", "1", "-1", "+1", "1.0", "1.", ".5",
    "0644", "0o14", "0x1F", "0b11", "1_000", "1e3", "1E-3", "1.5e+3", "1:30", "190:20:30", "22:22",
    "2020-01-01",
    "2001-12-14 21:59:43.10 -5", "2001-12-14T21:59:43Z", "=", "<<", ".inf", "-.INF", ".NaN", "+.inf", "-", "?",
    ":", "--", "---", "...", "--- a", "... a", "- a", "? a", ": a", "a: b", "a:",
    "a #b", "#a", "&a", "*a", "!a", "!", "|", ">",
    "|-", "%a", "@a", "`a", "'a", '"a', "[a]", "{a}", "]", "}", ",", "a ", " a", " ", "\ta", "a\t", "a\tb", "\t", "a\\",
    '"', "'", "''", '\\"', "\\n", "a\x00b", "\x07", "\x1b[31m", "\x7f", "\x80", "\x85", "a\x85b", "\xa0", "\xad",
    "\u2028", "a\u2029b", "\ufeff", "\ufeffa", "\u202eabc", "\ufffe", "\uffff", "\u3000a\u3000", "\U0001f600 x",
    "\r", "a\rb",
    "\n", "\n\n", "a\n", "\na", " a\nb", "a\n b", "a\n\n", "a\n\n\n", "a\n \nb", "a\n  ", "a\r\nb", "\ta\nb",
    "a\n\tb", "a \nb ",
    "# a\n# b\n", "---\na\n---\n", "a: b\nc: d\n", " \na", "a\x00\nb", "\n  a\nb\n", "  \n\n", "a\n\u2028b", "- a\n- b",
    "key: |\n  x\n", "._1", "0_", "12e03", "1,000", "08", "١٢", "e", "1e", "0x", "nan", "inf", "none",
]  # fmt: skip


@pytest.mark.parametrize("text", TRICKY)
def test_tricky_text_reads_back_everywhere(text: str) -> None:
    values = [
        {"k": text}, [text], [[text]], {text: text, "z": {"k": [{"k": text, "last": 1}]}}, [{"k": text}, text], text,
    ]  # fmt: skip
    for value in values:
        assert read_back(dump(value, header="x")) == [value] * 4
    both = dump_all(values)
    assert [document.value for document in parse(both)] == values
    assert list(yaml.safe_load_all(both)) == values


@pytest.mark.parametrize("length", [400, 1000, 1020, 1025, 5000])
@pytest.mark.parametrize("char", ["k", "\x07", '"', "ä", "\n"])
def test_long_keys(length: int, char: str) -> None:
    key = char * length
    value = {"a": 1, key: {"b": [key, {key: "text"}], key: [1]}, "z": [[{key: "two\nlines"}]]}
    assert read_back(dump(value)) == [value] * 4


def test_text_that_is_safe_stays_readable() -> None:
    assert dump({"json": '{"a": "b"}'}) == 'json: \'{"a": "b"}\'\n'
    assert dump({"quote": 'it\'s "x": y'}) == "quote: 'it''s \"x\": y'\n"
    assert dump({"bell": '\x07"é\\'}) == 'bell: "\\x07\\"é\\\\"\n'
    assert dump({"k": " indented\nblock"}) == "k: |2-\n   indented\n  block\n"
    assert dump(["a\n\n"]) == "- |+\n  a\n\n"


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["a\n\udc00\n"], {"k": "x\ud83d"}])
def test_half_a_surrogate_pair_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        dump(value)


class Colour(enum.StrEnum):
    RED = "red"
    YES = "yes"


class Old(str, enum.Enum):  # noqa: UP042 - the older way to write it, whose str() differs
    ON = "on"
    LINES = "a\nb\n"


class Level(enum.IntEnum):
    LOW = 1


class Ratio(float):
    def __repr__(self) -> str:
        return "Ratio"


def test_subclasses_are_written_as_what_they_are() -> None:
    value = {
        Colour.YES: Colour.RED,
        "old": [Old.ON, Old.LINES],
        "level": Level.LOW,
        "ratio": Ratio(2),
        "tuple": (1, (2,)),
        "ordered": OrderedDict(b=1, a=2),
        "proxy": MappingProxyType({"k": (), "e": MappingProxyType({})}),
        "read": parse("x: [1]")[0].value,
    }
    plain = {
        "yes": "red", "old": ["on", "a\nb\n"], "level": 1, "ratio": 2.0, "tuple": [1, [2]], "ordered": {"b": 1, "a": 2},
        "proxy": {"k": [], "e": {}}, "read": {"x": [1]},
    }  # fmt: skip
    assert dump(value) == dump(plain)
    assert read_back(dump(value)) == [plain] * 4


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), memoryview(b"x"), {1, 2}, object(), 1j, {"a": {"b": b"x"}}])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"cannot write \w+ as YAML"):
        dump(value)


@pytest.mark.parametrize("key", [1, None, True, (1,), 1.5])
def test_a_key_must_be_a_string(key: Any) -> None:
    with pytest.raises(TypeError, match="a key must be a string, not "):
        dump({"a": {key: 1}})


def nested(levels: int, kind: type) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"k": value} if kind is dict else [value]
    return value


@pytest.mark.parametrize("kind", [dict, list])
def test_a_hundred_levels_and_no_more(kind: type) -> None:
    value = nested(100, kind)
    assert parse(dump(value))[0].value == value
    with pytest.raises(ValueError, match="nested deeper than 100 levels, or contains itself"):
        dump(nested(101, kind))


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        dump(endless)


def test_shared_values_are_written_out() -> None:
    shared = {"a": [1]}
    assert dump([shared, shared]) == "- a:\n    - 1\n- a:\n    - 1\n"


def test_writing_needs_no_parser() -> None:
    code = "import sys, novaplan.documents.writer, novaplan.documents.files; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
