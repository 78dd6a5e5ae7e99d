"""Standard output carries a command's result and nothing else; standard error carries everything said about it."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False  # as in novaplan itself: typing need not be imported to answer --version
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from novaplan.errors import NovaplanError, OutputError

INTERRUPTED = 130
READER_GONE = 141
"""What a shell reports for any other command whose reader went away (128 and the number of SIGPIPE)."""

STANDARD_STREAM = "-"


def prepare() -> None:
    """UTF-8 whatever the locale says, and the same line ends on every system: a result piped into a file is byte for
    byte what ``-o`` writes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib would cost a start 3 ms


def write(text: str) -> None:
    """Write a result to standard output.

    Raises ``OutputError`` when it cannot be written, and leaves quietly when its reader went away.
    """
    stream = sys.stdout
    if stream is None:
        raise _unwritable("it is closed")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
        raise SystemExit(READER_GONE) from None
    except OSError as error:
        _discard(stream)
        raise _unwritable(error.strerror or "unknown reason") from error


def _unwritable(reason: str) -> OutputError:
    from novaplan.errors import OutputError  # not needed for a result that can be written, such as the version

    return OutputError(f"cannot be written: {reason}", file="standard output")


def write_json(value: Any) -> None:
    """Write a result as JSON: keys in the order they come, text as it is."""
    import json

    write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def deliver(text: str, destination: str | None, *, force: bool) -> None:
    """Write a file's ``text`` to ``destination``, or to standard output when there is none.

    Raises ``OutputError`` as ``files.write_text`` does.
    """
    if destination is None or destination == STANDARD_STREAM:
        write(text)
        return
    from novaplan.documents import files

    files.write_text(destination, text, force=force)
    note(f"wrote {destination}")


def note(text: str) -> None:
    """Say something about the work, on one line of standard error."""
    from novaplan.errors import one_line

    _to_standard_error(one_line(text) + "\n")


def notes(lines: Iterable[str]) -> None:
    """Say several things, each on a line of its own."""
    from novaplan.errors import one_line

    _to_standard_error("".join(f"{one_line(line)}\n" for line in lines))


def warn(text: str) -> None:
    """Say what the user should know but may ignore."""
    note(f"novaplan: warning: {text}")


def report(error: NovaplanError) -> int:
    """Tell each problem on a line of its own, and return the exit status of an expected error."""
    _to_standard_error("".join(f"novaplan: {problem}\n" for problem in error.problems))
    return 1


def flush() -> None:
    """Write out what somebody else left in the buffers of the standard streams."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                _discard(stream)


def _to_standard_error(text: str) -> None:
    # With standard error closed or gone there is nobody left to tell.
    if sys.stderr is not None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            _discard(sys.stderr)


def _discard(stream: Any) -> None:
    """Send what is still buffered nowhere: Python flushes once more on leaving, and would complain then."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
