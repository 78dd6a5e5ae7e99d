"""Variables in values: every form, against a small model of what a shell does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.importers.compose.interpolation import MissingVariable, substitute

KNOWN = {"SET": "value", "EMPTY": "", "OTHER": "other", "_u1": "under"}


def fill(text: str) -> str:
    return substitute(text, KNOWN.get).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("$_u1-x", "under-x"),
        ("a${SET}b${OTHER}c", "avaluebotherc"),
        ("$SET/$OTHER", "value/other"),
        ("${UNSET}", ""),
        ("${UNSET:-default}", "default"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${UNSET-default}", "default"),
        ("${SET:-default}", "value"),
        ("${SET:+there}", "there"),
        ("${EMPTY:+there}", ""),
        ("${EMPTY+there}", "there"),
        ("${UNSET+there}", ""),
        ("${SET:?must}", "value"),
        ("${EMPTY?must}", ""),
        ("${UNSET:-${OTHER}}", "other"),
        ("${UNSET:-${EMPTY:-${SET}}}!", "value!"),
        ("${UNSET:-a:b-c?d}", "a:b-c?d"),
        ("postgres://${U:-me}:${P:-pw}@db/${D:-shop}", "postgres://me:pw@db/shop"),
        ("$$SET $${SET}", "$SET ${SET}"),
        ("${UNSET:-$$x}", "$x"),
        ('${UNSET:-{"a": 1}}', '{"a": 1}'),
        ("$SET$SET", "valuevalue"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    result = substitute(text, KNOWN.get)
    assert result.text == expected
    assert not result.odd


@pytest.mark.parametrize("text", ["$(cat file)", "${}", "${1}", "${A/b/c}", "${unclosed", "cost: 5$", "^a$|b", "$1 $?"])
def test_what_compose_refuses_is_kept_and_told(text: str) -> None:
    result = substitute(text, KNOWN.get)
    assert result.text == text
    assert result.odd


def test_unset_variables_are_told_once() -> None:
    assert substitute("$A ${B} $A ${C:-c} ${D-} ${E:+e}", KNOWN.get).unset == ("A", "B")


def test_default_that_is_not_needed_is_not_looked_at() -> None:
    assert substitute("${SET:-${UNSET}}", KNOWN.get).unset == ()
    assert fill("${SET:-${UNSET:?must}}") == "value"


@pytest.mark.parametrize(
    "text", ["${EMPTY:?the $SET message}", "${UNSET?the $SET message}", "x${A:-${UNSET:?the $SET message}}"]
)
def test_demanded_variable_that_is_missing(text: str) -> None:
    with pytest.raises(MissingVariable) as caught:
        fill(text)
    assert caught.value.name in ("EMPTY", "UNSET")
    assert caught.value.message == "the $SET message"


def test_nesting_without_end_is_kept() -> None:
    text = "${A:-" * 5000 + "}" * 5000
    assert substitute(text, KNOWN.get).odd


NAMES = st.sampled_from([*KNOWN, "UNSET", "Z9"])
LITERALS = st.text(
    st.characters(codec="ascii", exclude_characters="${}\0", categories=["L", "N", "P", "Zs"]), max_size=5
)


@st.composite
def templates(draw: st.DrawFn, depth: int = 0) -> tuple[str, str]:
    """A text, and what it stands for."""
    pieces: list[tuple[str, str]] = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["literal", "dollar", "braced", ":-", "-", ":+", "+", "bare"]))
        name = draw(NAMES)
        value = KNOWN.get(name)
        if kind == "literal":
            text = draw(LITERALS)
            pieces.append((text, text))
        elif kind == "dollar":
            pieces.append(("$$", "$"))
        elif kind == "braced":
            pieces.append((f"${{{name}}}", value or ""))
        elif kind == "bare":
            pieces.append((f"${name}/", (value or "") + "/"))
        elif depth < 3:
            word, meaning = draw(templates(depth + 1))
            there = bool(value) if kind.startswith(":") else value is not None
            replaced = (value or "", meaning) if kind.endswith("-") else (meaning, "")
            pieces.append((f"${{{name}{kind}{word}}}", replaced[0] if there else replaced[1]))
    return "".join(text for text, _ in pieces), "".join(meaning for _, meaning in pieces)


@given(templates())
def test_agrees_with_the_model(pair: tuple[str, str]) -> None:
    text, meaning = pair
    result = substitute(text, KNOWN.get)
    assert (result.text, result.odd) == (meaning, False)


@given(st.text(st.sampled_from("${}:-+?aA_1 (/"), max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    try:
        result = substitute(text, KNOWN.get)
    except MissingVariable:
        return
    assert result.text == text or "$" in text
