"""Reading: values, lines, dialects, tags, and where the text comes from."""

from __future__ import annotations

import gc
import io
import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from novaplan.documents.reader import Document, Tagged, YamlList, YamlMap, parse, read, read_one
from novaplan.errors import DocumentError


def value(text: str | bytes, **options: Any) -> Any:
    (document,) = parse(text, **options)
    return document.value


@pytest.fixture(params=[True, False], ids=["libyaml", "pure"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(yaml, "__with_libyaml__", False)


def test_a_stream_gives_every_document_in_order_and_keeps_empty_ones() -> None:
    documents = parse("a: 1\n---\n---\n- b\n", file="some.yaml")
    assert [document.value for document in documents] == [{"a": 1}, None, ["b"]]
    assert [document.line for document in documents] == [1, 3, 4]
    assert {document.file for document in documents} == {"some.yaml"}
    assert parse("") == parse("# nothing\n") == []


@pytest.mark.usefixtures("either_parser")
def test_maps_and_lists_know_their_lines() -> None:
    root = value("# head\na: 1\nb:\n  - x\n\n  - name: y\n    c: {d: 1,\n       e: 2}\n")
    assert isinstance(root, YamlMap)
    assert (root.line, root.lines) == (2, [2, 3])
    assert isinstance(root["b"], YamlList)
    assert (root["b"].line, root["b"].lines) == (4, [4, 6])
    assert root["b"].line_of(1) == 6
    assert root["b"][1].line_of("c") == 7
    assert root["b"][1]["c"].line_of("e") == 8
    root["late"] = 1
    assert root.line_of("late") == root.line
    with pytest.raises(KeyError):
        root.line_of("nowhere")
    with pytest.raises(IndexError):
        root["b"].line_of(2)


TOPOLOGY = """\
services:
  - name: cart
    replicas: 1
  - replicas: 5
  - plain
  - name: cart
    replicas: 2
    ports:
      - 80
      - 443
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ([], 1),
        (["services"], 1),
        (["services", 0], 2),
        (["services", 0, "replicas"], 3),
        (["services", "cart"], 6),  # the last of that name
        (["services", "cart", "replicas"], 7),
        (["services", "cart", "ports", 1], 10),
        (["services", "cart", "nothing", "here"], 6),
        (["services", "basket", "replicas"], 1),
        (["services", 9], 1),
        (["services", -1], 1),
        (["services", 0, "name", "deeper"], 2),
        (["nothing"], 1),
    ],
)
def test_a_path_leads_to_the_line_of_its_longest_part_that_exists(path: list[str | int], line: int) -> None:
    (document,) = parse(TOPOLOGY)
    assert document.line_of(path) == line


def test_a_path_leads_through_tags_and_starts_at_the_document() -> None:
    first, second = parse("a: 1\n---\n\nports: !override\n  - 80\n  - 90\n", tags="keep")
    assert first.line_of(["b"]) == 1
    assert second.line_of([]) == 4
    assert second.line_of(["ports", 1]) == 6


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", True), ("No", False), ("on", True), ("OFF", False), ("true", True), ("False", False),
        ("", None), ("~", None), ("null", None), ("NULL", None),
        ("12", 12), ("-12", -12), ("+1_000", 1000), ("0644", 420), ("-010", -8), ("0x1F", 31), ("0b101", 5), ("0", 0),
        ("1.5", 1.5), ("1_0.5", 10.5), ("1.", 1.0), (".5", 0.5), ("1.0e+3", 1000.0), (".inf", math.inf),
        ("-.INF", -math.inf),
        ("y", "y"), ("n", "n"), ("08", "08"), ("1e3", "1e3"), ("0o14", "0o14"), ("1:30", "1:30"), ("22:22", "22:22"),
        ("1:30.5", "1:30.5"), ("2020-01-01", "2020-01-01"), ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
        ("=", "="), ("<<", "<<"), ("0x_", "0x_"), ("1.2.3", "1.2.3"), ("+", "+"), ("...x", "...x"),
        ("'yes'", "yes"), ('"12"', "12"), ("! 12", 12), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_plain_text_means_what_it_means_in_yaml_1_1(text: str, expected: object) -> None:
    found = value(f"- {text}\n")[0]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True), ("TRUE", True), ("False", False), ("", None), ("~", None), ("Null", None),
        ("yes", "yes"), ("No", "No"), ("on", "on"), ("off", "off"), ("y", "y"), ("tRUE", "tRUE"),
        ("0644", 420), ("0o644", 420), ("0O7", 7), ("-0o7", -7), ("0xFF", 255), ("0XfF", 255), ("0b11", 3), ("00", 0),
        ("1_000", 1000), ("+5", 5), ("08", 8.0), ("0o8", "0o8"), ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1), ("18446744073709551616", float(2**64)),
        ("1e3", 1000.0), ("1.5E-1", 0.15), (".5", 0.5), ("+.5", 0.5), ("1.", 1.0), ("1e999", "1e999"), (".5_0", ".5_0"),
        (".inf", math.inf), ("-.Inf", -math.inf), ("1:30", "1:30"), ("2020-01-01", "2020-01-01"), ("1.2.3", "1.2.3"),
    ],
)  # fmt: skip
def test_plain_text_means_to_compose_what_go_yaml_reads(text: str, expected: object) -> None:
    found = value(f"- {text}\n", dialect="compose")[0]
    assert (found, type(found)) == (expected, type(expected))


def test_not_a_number_is_a_float_in_both_dialects() -> None:
    assert math.isnan(value("- .NaN")[0])
    assert math.isnan(value("- .nan", dialect="compose")[0])


def test_keys_stay_as_they_were_written() -> None:
    root = value(
        "on: 1\n8080: 2\ntrue: 3\n~: 4\n0644: 5\n'quoted': 6\n1.50: 7\n?\n: 8\n!!int 7: 9\n&a k: 10\nv: {*a : 11}\n"
    )
    assert root == {
        "on": 1, "8080": 2, "true": 3, "~": 4, "0644": 5, "quoted": 6, "1.50": 7, "": 8, "7": 9,
        "k": 10, "v": {"k": 11},
    }  # fmt: skip


@pytest.mark.usefixtures("either_parser")
def test_aliases_share_the_object_and_the_latest_anchor_counts() -> None:
    root = value("a: &x {k: 1}\nb: *x\nc: &x [2]\nd: *x\ne: &s yes\nf: *s\n")
    assert root["b"] is root["a"]
    assert root["d"] is root["c"]
    assert root["f"] is True
    assert value("- &x [&x y, *x]\n- *x\n") == [["y", "y"], "y"]


def test_anchors_end_with_their_document() -> None:
    with pytest.raises(DocumentError, match="before it"):
        parse("a: &x 1\n---\nb: *x\n")


def test_merged_keys_lose_to_explicit_ones_and_earlier_maps_win() -> None:
    text = """\
one: &one {a: 1, b: 1}
two: &two
  b: 2
  c: 2
all:
  c: 3
  <<: [*one, *two]
  d: 4
"""
    root = value(text)
    assert root["all"] == yaml.safe_load(text)["all"] == {"a": 1, "b": 1, "c": 3, "d": 4}
    assert list(root["all"]) == list(yaml.safe_load(text)["all"])
    assert {key: root["all"].line_of(key) for key in "abcd"} == {"a": 1, "b": 1, "c": 6, "d": 8}
    assert root["all"].line == 6
    assert root["two"] == {"b": 2, "c": 2}


def test_merging_one_map_written_in_place_and_a_quoted_sign_that_merges_nothing() -> None:
    assert value("<<: {a: 1}\nb: 2") == {"a": 1, "b": 2}
    assert value("'<<': {a: 1}") == {"<<": {"a": 1}}


@pytest.mark.parametrize("text", ["<<: 1", "<<: [1]", "a: 1\n<<: text"])
def test_merging_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(DocumentError, match="merges a map or a list of maps"):
        parse(text)


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!!str 12", "12"), ("!!int '12'", 12), ("!!int 0x10", 16), ("!!float 3", 3.0), ("!!float 1e3", 1000.0),
        ("!!bool 'yes'", True), ("!!null ''", None), ("!!binary aGVsbG8=", b"hello"), ("!!set {a, b}", {"a", "b"}),
        ("!!omap [a: 1, b: 2]", [("a", 1), ("b", 2)]), ("!!pairs [a: 1, a: 2]", [("a", 1), ("a", 2)]),
        ("!!seq [1]", [1]), ("!!map {a: 1}", {"a": 1}), ("!!timestamp 2020-01-01", "2020-01-01"), ("! [1]", [1]),
    ],
)  # fmt: skip
def test_standard_tags(text: str, expected: object) -> None:
    found = value(f"- {text}\n")[0]
    assert found == expected
    assert isinstance(found, type(expected))


@pytest.mark.parametrize(
    "text",
    ["!!int twelve", "!!float x", "!!bool 1", "!!binary ä", "!!binary a", "!!seq {a: 1}", "!!map [a]", "!!omap [a]",
     "!!set [a]", "!!python/name:os.system ''", "!!python/object/apply:os.system [ls]", "!!merge x"],
)  # fmt: skip
@pytest.mark.parametrize("tags", ["refuse", "keep"])
def test_a_value_that_does_not_fit_its_standard_tag_is_refused(text: str, tags: Any) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(f"a: 1\nb: {text}\n", file="x.yaml", tags=tags)
    assert str(caught.value).startswith("x.yaml:2: ")


def test_other_tags_are_refused_or_kept() -> None:
    text = "ports: !override [80]\nenv: !reset null\nname: !mine 'null'\nmap: !mine {a: 1}\nlist: [&x !mine 1, *x]\n"
    with pytest.raises(DocumentError, match=r"f.yaml:1: the tag '!override' is not understood here"):
        parse(text, file="f.yaml")
    root = value(text, tags="keep")
    assert root["ports"] == Tagged("!override", [80], 1)
    assert root["env"] == Tagged("!reset", None, 2)
    assert root["name"].value == "null"
    assert root["map"] == Tagged("!mine", {"a": 1}, 4)
    assert root["list"][0] is root["list"][1]


def test_json_is_read_with_lines_and_with_its_own_numbers() -> None:
    text = '{\n\t"a": [1, 2.5, 1e3, -1E-2],\n\t"b": {"yes": "no", "c": null, "d": true},\n\t"u": "\\u00e9\\/"\n}'
    (document,) = parse(text, file="x.JSON")
    assert document.value == {
        "a": [1, 2.5, 1000.0, -0.01], "b": {"yes": "no", "c": None, "d": True}, "u": "é/",
    }  # fmt: skip
    assert document.line_of(["b", "c"]) == 3


def test_json_that_a_yaml_parser_cannot_read_is_read_as_json() -> None:
    text = '{"face": "\\ud83d\\ude00", "%s": 1, "apart"\n:\n[{"deep": 2}]}' % ("k" * 2000)
    (document,) = parse(text, file="x.json")
    assert document.value == {"face": "😀", "k" * 2000: 1, "apart": [{"deep": 2}]}
    assert document.line_of(["apart", 0, "deep"]) == 1
    with pytest.raises(DocumentError):
        parse(text, file="x.yaml")


@pytest.mark.parametrize("rest", ['"a": 1, "a": 2', '"a": ' + "[" * 200 + "]" * 200, '"a": ' + "[" * 200_000])
def test_json_read_as_json_is_guarded_too(rest: str) -> None:
    with pytest.raises(DocumentError):
        parse('{"face": "\\ud83d\\ude00", ' + rest + "}", file="x.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert value("größe: 7\nn: 😀\n".encode(encoding)) == {"größe": 7, "n": "😀"}


def test_a_byte_order_mark_is_dropped_from_a_string() -> None:
    assert value("\ufeffa: 1") == {"a": 1}


def test_read_takes_a_path_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: on\r\nb: 2\r\n")
    assert read(path) == [Document({"a": True, "b": 2}, str(path), 1)]
    assert read(str(path), dialect="compose")[0].value["a"] == "on"
    assert read_one(path).line_of(["b"]) == 2


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 1\n")))
    assert read("-") == [Document({"a": 1}, "<stdin>", 1)]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 1\n---\nb: 1\n")))
    with pytest.raises(DocumentError, match=r"^<stdin>:3: holds 2 documents where one is expected"):
        read_one("-")


@pytest.mark.parametrize(("text", "line", "message"), [("", 1, "no document"), ("a: 1\n---\nb: 1\n", 3, "2 documents")])
def test_read_one_wants_exactly_one_document(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=message) as caught:
        read_one(path)
    assert caught.value.problems[0].file == str(path)
    assert caught.value.problems[0].line == line


@pytest.mark.parametrize("was_on", [True, False])
@pytest.mark.parametrize("text", ["- a\n" * 60_000, "- a\n" * 60_000 + "]"])
def test_the_garbage_collector_is_left_as_it_was(was_on: bool, text: str) -> None:
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        try:
            parse(text)
        except DocumentError:
            assert text.endswith("]")
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_a_string_of_json_keeps_what_yaml_takes_for_a_line_break() -> None:
    assert parse('{"a": "x\x85y"}', file="a.json")[0].value == {"a": "x\x85y"}
