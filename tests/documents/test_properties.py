"""What must hold for any value and any text, held against PyYAML and ruamel."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from novaplan.documents.positions import YamlList, YamlMap
from novaplan.documents.reader import parse
from novaplan.documents.writer import dump, dump_all

# Strings made of what YAML gives a meaning to are likelier to break something than any text at all.
MEANINGFUL = st.text("-:[]{}&*!<>|'\"#%@,?=~.+_ \n\tab01x\\\u00a0\u0085\u2028\ufeffé😀", max_size=12)
WORDS = st.sampled_from(
    ["yes", "no", "on", "null", "0644", "0o14", "1e3", "1:30", "2020-01-01", ".inf", "a", "name", "k"]
)
STRINGS = MEANINGFUL | WORDS | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | STRINGS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=12,
)

RUAMEL = YAML(typ="safe", pure=True)
RUAMEL.version = (1, 2)


def exactly(value: Any) -> Any:
    """The value with its types, for 1 == True == 1.0; and keys in their order."""
    if isinstance(value, dict):
        return [(key, exactly(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return type(value), str(value)


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_what_is_written_reads_back_the_same_everywhere(value: Any) -> None:
    text = dump(value, header="Written by a test")
    for found in (parse(text)[0].value, yaml.load(text, Loader=yaml.CSafeLoader), RUAMEL.load(text)):
        assert exactly(found) == exactly(value)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_what_is_written_reads_back_without_libyaml_and_under_compose(value: Any) -> None:
    text = dump(value)
    assert exactly(yaml.safe_load(text)) == exactly(value)
    if not re.search(r"\d{19}", text):  # go-yaml keeps integers to 64 bits
        assert exactly(parse(text, dialect="compose")[0].value) == exactly(value)


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=4))
def test_several_documents_read_back(values: list[Any]) -> None:
    text = dump_all(values)
    assert exactly([document.value for document in parse(text)]) == exactly(values)
    assert exactly(list(yaml.safe_load_all(text))) == exactly(values)


STYLES = st.fixed_dictionaries(
    {
        "default_flow_style": st.booleans(),
        "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
        "indent": st.integers(2, 6),
        "width": st.sampled_from([10, 80]),
        "allow_unicode": st.booleans(),
        "explicit_start": st.booleans(),
        "canonical": st.booleans(),
    }
)


@settings(max_examples=300, deadline=None)
@given(VALUES, STYLES)
def test_texts_in_every_style_read_as_pyyaml_reads_them(value: Any, style: dict[str, Any]) -> None:
    text = yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, **style)
    try:
        expected = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:  # PyYAML writes some texts that it cannot read
        return
    assert exactly(parse(text)[0].value) == exactly(expected)


PLAIN = st.text("-+0123456789abcdefxo._:eEyYnNtT~<=", max_size=8) | st.sampled_from(
    [word + end for word in ("yes", "No", "ON", "off", "true", "NULL", "Null", ".inf", ".NaN") for end in ("", "x")]
)


@settings(max_examples=600, deadline=None)
@given(PLAIN)
def test_plain_text_resolves_as_pyyaml_resolves_it(text: str) -> None:
    written = f"- {text}\n"
    try:
        expected = yaml.load(written, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return
    if not isinstance(expected[0], str | int | float | bool | None) or ":" in text:  # times and dates
        return
    assert exactly(parse(written)[0].value) == exactly(expected)


def check_lines(value: Any, node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        assert isinstance(value, YamlMap)
        assert value.line == node.start_mark.line + 1
        for key, item in node.value:
            assert value.line_of(key.value) == key.start_mark.line + 1
            check_lines(value[key.value], item)
    elif isinstance(node, yaml.SequenceNode):
        assert isinstance(value, YamlList)
        assert value.line == node.start_mark.line + 1
        for index, item in enumerate(node.value):
            assert value.line_of(index) == item.start_mark.line + 1
            check_lines(value[index], item)


@settings(max_examples=200, deadline=None)
@given(VALUES, STYLES, st.integers(0, 3))
def test_lines_are_those_of_pyyaml(value: Any, style: dict[str, Any], gap: int) -> None:
    text = "\n" * gap + yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, **style)
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return
    assert node is not None
    (document,) = parse(text)
    assert document.line == node.start_mark.line + 1
    check_lines(document.value, node)
