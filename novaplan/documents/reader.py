"""Read YAML and JSON, with the line of everything, into plain values or one clear error.

The parser is libyaml's where PyYAML was built with it, else PyYAML's own; both give the same values. An error never
quotes the text of a document, which may hold a secret: only its place, its keys and its tags.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from novaplan.documents.builder import DEEPEST, Builder, Tags
from novaplan.documents.json_text import parse_json
from novaplan.documents.positions import Document, Tagged, YamlList, YamlMap
from novaplan.documents.scalars import Dialect, ScalarMemo
from novaplan.documents.source import MOST_BYTES, STANDARD_INPUT, decode, load
from novaplan.errors import DocumentError
from novaplan.garbage import uncollected

__all__ = ["MOST_BYTES", "Dialect", "Document", "Tagged", "Tags", "YamlList", "YamlMap", "parse", "read", "read_one"]


def parse(
    text: str | bytes, *, file: str = "<text>", dialect: Dialect = "yaml1.1", tags: Tags = "refuse"
) -> list[Document]:
    """Every document of a YAML or JSON text; an empty one has the value None.

    Maps and lists come as YamlMap and YamlList, which know their lines. Keys are always strings, as they were written.
    ``dialect`` says what plain text means, ``tags`` whether tags that YAML does not define are refused or kept as
    Tagged. ``file`` names the text in errors; when it ends in ``.json``, numbers mean what they mean in JSON.

    Raises DocumentError when the text is not text, not YAML or would harm its reader: duplicate keys, aliases that
    never end or expand beyond measure, nesting deeper than 100 levels.
    """
    text = decode(text, file)  # and let go of the bytes
    is_json = file.lower().endswith(".json")
    if is_json:
        # A tab in JSON is only ever space between tokens, where YAML does not want one.
        text = text.replace("\t", " ")
        # To YAML 1.1 this one is a line break, which would fold to a space; in JSON it stands inside strings alone.
        text = text.replace("\x85", "\\u0085")
    memo = ScalarMemo("compose" if is_json else dialect)
    with uncollected():
        try:
            return list(Builder(_parser(text).get_event, file, memo, tags).documents())
        except YAMLError as error:
            if is_json:
                with contextlib.suppress(ValueError):
                    return [Document(parse_json(text, DEEPEST), file, 1)]
            # Only here: its pattern takes as long to compile as a topology to read.
            from novaplan.documents.malformed import explain

            raise explain(error, text, file) from None


def read(
    path: str | os.PathLike[str],
    *,
    dialect: Dialect = "yaml1.1",
    tags: Tags = "refuse",
    max_bytes: int = MOST_BYTES,
) -> list[Document]:
    """Every document of a file, as ``parse`` reads it; ``-`` reads standard input.

    Raises DocumentError as ``parse`` does, and when the file cannot be read or has more than ``max_bytes``.
    """
    file = os.fspath(path)
    shown = "<stdin>" if file == STANDARD_INPUT else file
    return parse(load(file, max_bytes), file=shown, dialect=dialect, tags=tags)


def read_one(
    path: str | os.PathLike[str],
    *,
    dialect: Dialect = "yaml1.1",
    tags: Tags = "refuse",
    max_bytes: int = MOST_BYTES,
) -> Document:
    """The only document of a file. Raises DocumentError as ``read`` does, and when there are none or several."""
    documents = read(path, dialect=dialect, tags=tags, max_bytes=max_bytes)
    if len(documents) == 1:
        return documents[0]
    file = "<stdin>" if os.fspath(path) == STANDARD_INPUT else os.fspath(path)
    if not documents:
        raise DocumentError("holds no document; write one into it", file=file, line=1)
    raise DocumentError(
        f"holds {len(documents)} documents where one is expected; keep what stands before this '---'",
        file=file,
        line=documents[1].line,
    )


class _PurePythonParser(Reader, Scanner, Parser):
    """PyYAML's own parser, for a PyYAML that was built without libyaml."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> Any:
        # libyaml refuses escapes that stand for no character; this parser fails on some and lets others through.
        try:
            event: Any = super().get_event()  # type: ignore[no-untyped-call]
            if isinstance(event, ScalarEvent):
                event.value.encode()
        except (ValueError, OverflowError):
            problem = "found invalid Unicode character escape code"
            raise MarkedYAMLError(problem=problem, problem_mark=self.get_mark()) from None
        return event


def _parser(content: str) -> Any:
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser

        return CParser(content)
    return _PurePythonParser(content)
