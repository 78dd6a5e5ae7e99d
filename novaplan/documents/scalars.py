"""What a piece of plain YAML text stands for: a string, a number, a boolean or nothing.

Two dialects, because the tools that share our users' files disagree: kubectl (and PyYAML) read YAML 1.1, where ``yes``
is true; docker compose reads with go-yaml v3, where ``yes`` is a string and ``0o644`` a number.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final, Literal

Scalar = str | int | float | bool | None
Dialect = Literal["yaml1.1", "compose"]

# A longer 'number' is none that a topology could mean, and Python refuses to print integers beyond 4,300 digits.
LONGEST_NUMBER: Final = 3000

_STANDARD = "tag:yaml.org,2002:"
_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")

_COMPOSE_WORDS: Final[dict[str, Scalar]] = (
    dict.fromkeys(_NULLS) | dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
)
_YAML_1_1_WORDS: Final[dict[str, Scalar]] = (
    _COMPOSE_WORDS
    | dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True)
    | dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False)
)
_SPECIAL_FLOATS: Final = (
    dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf"))
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf"))
    | dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan"))
)

_YAML_1_1_INT = re.compile(r"[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)")
_YAML_1_1_FLOAT = re.compile(r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?")
_COMPOSE_INT = re.compile(r"([-+]?)(?:0([0-7]+)|0[oO]([0-7]+)|0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0|[1-9][0-9]*))")
_COMPOSE_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_COMPOSE_BASES: Final = (8, 8, 16, 2, 10)


def resolve_yaml_1_1(text: str) -> Scalar:
    """Read plain text as PyYAML's safe loader does, except that times and dates (``1:30``, ``2020-01-01``) are text."""
    if text in _YAML_1_1_WORDS:
        return _YAML_1_1_WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > LONGEST_NUMBER:
        return text
    if _YAML_1_1_INT.fullmatch(text):
        return _old_int(text)
    if _YAML_1_1_FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    return _SPECIAL_FLOATS.get(text, text)


def _old_int(text: str) -> int | str:
    digits = text.replace("_", "").lstrip("+-")
    base = {"0b": 2, "0x": 16}.get(digits[:2], 8 if digits[0] == "0" else 10)
    try:
        return int(digits, base) * (-1 if text[0] == "-" else 1)
    except ValueError:  # '0x_' has the shape of a number, and no digits
        return text


def resolve_compose(text: str) -> Scalar:
    """Read plain text as go-yaml v3 does, which docker compose uses, except that dates stay text."""
    if text in _COMPOSE_WORDS:
        return _COMPOSE_WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > LONGEST_NUMBER:
        return text
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    # go-yaml drops underscores from anything that starts with a digit or a sign, not from '.5_0'.
    plain = text if text[0] == "." else text.replace("_", "")
    whole = _COMPOSE_INT.fullmatch(plain)
    if whole and whole.lastindex:
        number = int(whole[whole.lastindex], _COMPOSE_BASES[whole.lastindex - 2])
        signed = -number if whole[1] == "-" else number
        if -(2**63) <= signed < 2**64:
            return signed
    if _COMPOSE_FLOAT.fullmatch(plain):
        value = float(plain)
        return text if value in (float("inf"), float("-inf")) else value
    return text


RESOLVERS: Final[dict[Dialect, Callable[[str], Scalar]]] = {
    "yaml1.1": resolve_yaml_1_1,
    "compose": resolve_compose,
}


class ScalarMemo(dict[str, Scalar]):
    """Resolves plain text once for each different text; manifests repeat the same few thousand texts endlessly."""

    __slots__ = ("_resolve",)

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._resolve = RESOLVERS[dialect]

    def __missing__(self, text: str) -> Scalar:
        value = self[text] = self._resolve(text)
        return value


def tagged_scalar(tag: str, text: str, resolve: Callable[[str], Scalar]) -> Scalar | bytes:
    """Read text under one of YAML's own scalar tags (``!!str``, ``!!int``, ...).

    Raises ValueError when the text does not fit the tag, and KeyError when YAML defines no such scalar tag.
    """
    kind = tag.removeprefix(_STANDARD)
    if kind in ("str", "timestamp"):
        return text
    if kind == "null":
        return None
    if kind == "binary":
        try:
            return base64.decodebytes(text.encode("ascii"))
        except (UnicodeEncodeError, binascii.Error) as error:
            raise ValueError("not base64") from error
    value = resolve(text)
    if kind == "float" and isinstance(value, int | str) and not isinstance(value, bool):
        return float(value)  # '!!float 3', and '1e3', which is no number in YAML 1.1 until it is tagged
    if type(value) is not {"int": int, "float": float, "bool": bool}[kind]:
        raise ValueError(f"not of the kind {kind}")
    return value
