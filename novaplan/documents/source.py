"""The text of a file: read whole, of bounded size, and decoded."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path
from typing import IO, Final

from novaplan.errors import DocumentError

MOST_BYTES: Final = 64 * 1024 * 1024
STANDARD_INPUT: Final = "-"

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load(file: str, max_bytes: int = MOST_BYTES) -> bytes:
    """The bytes of a file, or of standard input when it is ``-``.

    Raises DocumentError when it cannot be read or has more than ``max_bytes``, which is known before reading it.
    """
    if file == STANDARD_INPUT:
        return _bounded(sys.stdin.buffer, "<stdin>", max_bytes)
    try:
        with Path(file).open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > max_bytes:
                raise _too_large(file, max_bytes)
            return _bounded(stream, file, max_bytes)
    except OSError as error:
        raise DocumentError(_reason(error), file=file) from error
    except ValueError as error:  # a NUL in the name
        raise DocumentError("is no name of a file", file=file) from error


def _bounded(stream: IO[bytes], file: str, max_bytes: int) -> bytes:
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _too_large(file, max_bytes)
    return data


def _too_large(file: str, max_bytes: int) -> DocumentError:
    size = f"{max_bytes // 2**20} MiB" if max_bytes >= 2**20 else f"{max_bytes} bytes"
    return DocumentError(f"is larger than {size}; split it into smaller files", file=file)


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "there is no such file"
        case IsADirectoryError():
            return "is a folder; name a file in it"
        case PermissionError():
            return "may not be read; check its permissions"
    return f"cannot be read: {error.strerror or 'unknown reason'}"


def decode(text: str | bytes, file: str) -> str:
    """The characters of a text in UTF-8, or in UTF-16 with a byte order mark, which is dropped.

    Raises DocumentError, with the line, when it is in another encoding or binary.
    """
    if isinstance(text, bytes):
        text = _decoded(text, file)
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DocumentError("holds a NUL byte, so it is a binary file; hand over YAML text", file=file, line=line)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            raise DocumentError("holds half of a surrogate pair; save it as UTF-8", file=file, line=line) from None
    return text


def _decoded(data: bytes, file: str) -> str:
    encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = encoding.upper()
        # Not 'from error': its text would quote the bytes.
        raise DocumentError(f"is not {name} text; save it as UTF-8", file=file, line=line) from None
