"""A network of its own for the test, in which it can be cut: needs root.

What the test's thread starts from here on, servers and threads, lives in that network. A cut is a rule that drops what
goes from one address to another, before the table of local addresses is looked at.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.drills.processes import ROOT, program, unavailable

_NEW_NETWORK = 0x40000000


@contextlib.contextmanager
def own_network() -> Iterator[None]:
    """Puts this thread into a new network with nothing but loopback, and back again."""
    if not ROOT:
        unavailable("only root can make a network")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_NEW_NETWORK):
            unavailable(f"this machine makes no network: {os.strerror(ctypes.get_errno())}")
        try:
            _ip("link", "set", "lo", "up")
            _ip("rule", "add", "pref", "100", "lookup", "local")
            _ip("rule", "del", "pref", "0")
            yield
        finally:
            libc.setns(before, _NEW_NETWORK)
    finally:
        os.close(before)


@contextlib.contextmanager
def cut(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[None]:
    """While it lasts nothing passes between the two groups of addresses."""
    rules = [("from", one, "to", other) for a, b in ((ours, theirs), (theirs, ours)) for one in a for other in b]
    for rule in rules:
        _ip("rule", "add", "pref", "10", *rule, "blackhole")
    try:
        yield
    finally:
        for rule in rules:
            _ip("rule", "del", "pref", "10", *rule, "blackhole")


def _ip(*words: str) -> None:
    subprocess.run([program("ip"), *words], check=True, env={"PATH": os.defpath}, cwd=Path("/"))
