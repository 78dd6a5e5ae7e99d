"""How far long work has come, on a terminal only, and gone when it is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WIDTH = 30
_PAUSE = 0.1
"""Seconds between two drawings: more often nobody sees."""


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Gives what is to be called with what is done and how much there is; None where nobody looks."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        yield None
        return
    drawn = 0.0

    def show(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn < _PAUSE and done < total:
            return
        drawn = now
        filled = _WIDTH * done // max(total, 1)
        stream.write(f"\r{what} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total}")
        stream.flush()

    try:
        yield show
    finally:
        if drawn:
            stream.write("\r\x1b[K")
            stream.flush()
