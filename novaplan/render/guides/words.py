"""What both languages call things, for the cells of tables; sentences stand in the templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from novaplan.documents import reader
from novaplan.quantity import format_bytes, format_millicores
from novaplan.render.settings import Language

Say = Callable[..., str]
"""The words under a key, with what stands in braces filled in."""


@cache
def vocabulary() -> dict[str, Any]:
    """``templates/words.yaml``."""
    text = (files(__package__) / "templates" / "words.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = reader.parse(text)[0].value
    return found


def words(language: Language) -> Say:
    """The words of a language."""
    known = vocabulary()["words"]

    def say(key: str, *values: object) -> str:
        text: str = known[key][language]
        return text.format(*values)

    return say


def reason(text: str, language: Language) -> str:
    """Why something does not recover, or what of it is a risk, in the reader's language; in English as
    ``capacity.recovery`` and ``render.risks`` say it."""
    for known in vocabulary()["reasons"]:
        found = re.fullmatch(known["said"], text)
        if found is not None and language in known:
            return found.expand(known[language])
    return text


def duration(milliseconds: int) -> str:
    """Seconds, exact, without what is nothing: ``5.2``."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


def cpu(millicores: int) -> str:
    """CPU as Kubernetes writes it."""
    return format_millicores(millicores)


def memory(count: int) -> str:
    """Memory or storage as Kubernetes writes it."""
    return format_bytes(count)
