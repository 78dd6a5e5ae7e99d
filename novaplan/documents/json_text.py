"""Read JSON that a YAML parser cannot: surrogate pairs in escapes, very long keys, keys apart from their colon."""

from __future__ import annotations

import json
from typing import Any

from novaplan.documents.positions import YamlList, YamlMap


def parse_json(text: str, deepest: int) -> Any:
    """The value of one JSON text; every line in it is 1, for Python's JSON parser keeps none.

    Raises ValueError when the text is not JSON, gives a key twice, holds half of a surrogate pair or is nested deeper
    than ``deepest`` levels.
    """
    try:
        return _with_lines(json.loads(text, object_pairs_hook=_unique), deepest)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    "".join(result).encode()  # fails on half of a surrogate pair, which JSON can escape and nothing can hold
    if len(result) < len(pairs):
        raise ValueError("a key is given twice")
    return result


def _with_lines(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        value.encode()
    if not isinstance(value, dict | list):
        return value
    if levels == 0:
        raise ValueError("nested too deeply")
    result: YamlMap | YamlList
    if isinstance(value, dict):
        result = YamlMap((key, _with_lines(item, levels - 1)) for key, item in value.items())
    else:
        result = YamlList(_with_lines(item, levels - 1) for item in value)
    result.line, result.lines = 1, [1] * len(value)
    return result
