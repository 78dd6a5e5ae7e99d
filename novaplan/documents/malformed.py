"""Say in plain words what is wrong with malformed YAML, and where."""

from __future__ import annotations

import re
from typing import Final

from yaml.error import MarkedYAMLError, YAMLError

from novaplan.errors import DocumentError

# What the parsers say, in part, and what it most often means to whoever wrote the file.
_REMEDIES: Final = (
    ("mapping values are not allowed", "quote a text that holds ': ', and check the indentation"),
    ("cannot start any token", "indent with spaces, not tabs, and quote a text that starts with @, ` or %"),
    ("expected key", "check the indentation here and above, and that brackets and quotes are closed"),
    ("expected ':'", "give every key a colon and a space, and check the indentation"),
    ("expected '-' indicator", "check that the items of the list stand below each other"),
    ("expected <block end>", "check the indentation here and above"),
    ("expected ',' or", "check that brackets are closed, with a comma between items"),
    ("unexpected end of stream", "close the quote that starts here"),
    ("escape", "write a backslash twice, or use single quotes"),
    ("document start", "start each further document with '---'"),
    ("tab character", "indent with spaces, not tabs"),
)
_OTHER_REMEDY: Final = "check the indentation, brackets and quotes around it"

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def explain(error: YAMLError, content: str, file: str) -> DocumentError:
    """The error to raise for what a YAML parser said about ``content``; it quotes nothing but single characters."""
    if isinstance(error, MarkedYAMLError):
        problem = error.problem or error.context or "unreadable"
        mark = error.problem_mark or error.context_mark
        if "end of stream" in problem and error.context_mark:
            mark = error.context_mark
        # The pure Python parser names tags and anchors in its problems; libyaml does not.
        plain = re.sub(r"'[^']{4,}'", "...", problem)
        remedy = next((advice for part, advice in _REMEDIES if part in problem), _OTHER_REMEDY)
        line = mark.line + 1 if mark else None
        return DocumentError(f"is not valid YAML: {plain}; {remedy}", file=file, line=line)
    bad = _FORBIDDEN.search(content)
    if bad:
        line = content.count("\n", 0, bad.start()) + 1
        message = f"holds the control character U+{ord(bad[0]):04X}, which YAML does not allow; remove it"
        return DocumentError(message, file=file, line=line)
    return DocumentError("is not valid YAML", file=file)
