"""Where pods are: addresses of one loopback, or networks of their own that can be cut off (which needs root)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import subprocess
from collections.abc import Iterator
from typing import Protocol

from tests.drills.processes import ROOT, program, unavailable

_NEW_NETWORK = 0x40000000
_OWN = "/proc/thread-self/ns/net"


class Network(Protocol):
    """Gives each pod an address, and a place to start its processes in."""

    def add(self) -> str:
        """The address of one more pod."""

    def inside(self, address: str) -> contextlib.AbstractContextManager[None]:
        """What is started meanwhile runs where the pod is."""


class Loopback:
    """All pods on one loopback, each with an address of its own."""

    def __init__(self) -> None:
        self._block, self._last = f"127.{random.randint(10, 250)}.{random.randint(1, 250)}", 0

    def add(self) -> str:
        self._last += 1
        return f"{self._block}.{self._last}"

    def inside(self, address: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Switch:
    """Every pod with a network of its own, all plugged into one bridge; the test stands at the bridge."""

    def __init__(self) -> None:
        self._spaces: dict[str, int] = {}

    def add(self) -> str:
        number = len(self._spaces) + 1
        address = f"10.77.0.{number}"
        here = os.open(_OWN, os.O_RDONLY)
        _leave()
        there = self._spaces[address] = os.open(_OWN, os.O_RDONLY)
        _enter(here)
        os.close(here)
        _ip(
            "link",
            "add",
            f"pod{number}",
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            f"/proc/{os.getpid()}/fd/{there}",
        )
        _ip("link", "set", f"pod{number}", "master", "pods", "up")
        with self.inside(address):
            _ip("link", "set", "lo", "up")
            _ip("addr", "add", f"{address}/24", "dev", "eth0")
            _ip("link", "set", "eth0", "up")
        return address

    @contextlib.contextmanager
    def inside(self, address: str) -> Iterator[None]:
        here = os.open(_OWN, os.O_RDONLY)
        _enter(self._spaces[address])
        try:
            yield
        finally:
            _enter(here)
            os.close(here)

    @contextlib.contextmanager
    def unplugged(self, address: str) -> Iterator[None]:
        """While it lasts nothing reaches the pod and it reaches nothing: silence, as when a node is lost."""
        port = f"pod{address.rpartition('.')[2]}"
        _ip("link", "set", port, "down")
        try:
            yield
        finally:
            _ip("link", "set", port, "up")


@contextlib.contextmanager
def switch() -> Iterator[Switch]:
    """Puts this thread at the bridge of a new network, and back again."""
    if not ROOT:
        unavailable("only root can make networks")
    before = os.open(_OWN, os.O_RDONLY)
    _leave()
    try:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "pods", "type", "bridge")
        _ip("addr", "add", "10.77.0.254/24", "dev", "pods")
        _ip("link", "set", "pods", "up")
        yield Switch()
    finally:
        _enter(before)
        os.close(before)


def _leave() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):
        unavailable(f"this machine makes no network: {os.strerror(ctypes.get_errno())}")


def _enter(space: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(space, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "cannot enter a network")


def _ip(*words: str) -> None:
    done = subprocess.run([program("ip"), *words], capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")
