"""Real servers for a while: started as a user that is not root, in a folder of their own, and gone afterwards.

PostgreSQL refuses to run as root and nothing should, so where the tests run as root every server runs as ``nobody``.
Each server leads a process group of its own; whatever it started ends with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

REQUIRED = os.environ.get("NOVAPLAN_DRILLS") == "required"
"""Whether a drill that cannot run fails, as on the machine that decides, and is not skipped."""
NOBODY = 65534
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
PROGRAM_FOLDERS = ("/usr/sbin", "/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)))


def program(name: str) -> str:
    """The path of a program; without it the drill is skipped, or fails where drills are required."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(PROGRAM_FOLDERS))
    if found is None:
        unavailable(f"{name} is not installed; scripts/drills installs it")
    return found


def unavailable(reason: str) -> None:
    """Ends the test: it cannot run here."""
    if REQUIRED:
        pytest.fail(f"NOVAPLAN_DRILLS=required, but {reason}")
    pytest.skip(reason)


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports nobody listens on now; all held at once, so that they differ."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in held:
            item.bind((host, 0))
        return [item.getsockname()[1] for item in held]


def eventually(check: Callable[[], T], what: str, *, within: float, every: float = 0.05) -> T:
    """What ``check`` gives once that is true; fails when it is not ``within`` so many seconds. A refused or broken
    connection counts as not yet."""
    end = time.monotonic() + within
    last: object = None
    while True:
        try:
            value = check()
        except OSError as error:
            last = error
        else:
            if value:
                return value
            last = value
        if time.monotonic() > end:
            pytest.fail(f"not within {within:g} s: {what} (last: {last!r})")
        time.sleep(every)


@dataclass
class Process:
    """One running server."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def signal(self, number: int) -> None:
        """To the server alone, as the kubelet signals the first process of a container."""
        if self.alive:
            self.popen.send_signal(number)

    def signal_group(self, number: int) -> None:
        """To the server and everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """kill -9 of the whole group, and wait for it."""
        self.signal_group(signal.SIGKILL)
        self.popen.wait(10)

    def pause(self) -> None:
        """Frozen: it keeps its connections and says nothing."""
        self.signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal_group(signal.SIGCONT)

    def terminate(self) -> None:
        self.signal(signal.SIGTERM)

    def wait(self, within: float = 30) -> int:
        return self.popen.wait(within)

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass
class Servers:
    """A folder and the servers that live in it; ends them all on the way out."""

    folder: Path
    running: list[Process] = field(default_factory=list)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Starts ``command`` with ``env`` and nothing of the tests' own environment but the path. What it says goes to
        ``<name>.log`` in the folder, appended where it was started before."""
        log = self.folder / f"{name}.log"
        surroundings = {"PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), *PROGRAM_FOLDERS))}
        with log.open("ab") as stream:
            popen = subprocess.Popen(
                list(command),
                env={**surroundings, "LANG": "C.UTF-8", "HOME": str(self.folder), **(env or {})},
                cwd=cwd or self.folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **_identity(),
            )
        process = Process(name, popen, log)
        self.running.append(process)
        return process

    def own(self, path: Path) -> Path:
        """Gives a file or folder, and all in it, to the user that the servers run as."""
        if ROOT:
            for item in (path, *path.rglob("*")):
                os.chown(item, NOBODY, NOBODY, follow_symlinks=False)
        return path

    def make(self, path: str) -> Path:
        """A new folder that the servers may write to."""
        made = self.folder / path
        made.mkdir(parents=True)
        self.own(self.folder)
        made.chmod(0o700)
        return made

    def write(self, path: str, text: str, *, mode: int = 0o644) -> Path:
        """A new file that the servers own."""
        made = self.folder / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(text, encoding="utf-8")
        made.chmod(mode)
        if ROOT:
            os.chown(made, NOBODY, NOBODY)
        return made

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, within: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, as the same user."""
        surroundings = {"PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), *PROGRAM_FOLDERS))}
        return subprocess.run(
            list(command),
            env={**surroundings, "LANG": "C.UTF-8", "HOME": str(self.folder), **(env or {})},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
            **_identity(),
        )

    def stop(self) -> None:
        """Ends everything, whatever state it is in."""
        for process in reversed(self.running):
            process.signal_group(signal.SIGCONT)
            process.signal_group(signal.SIGKILL)
        for process in self.running:
            process.popen.wait(10)
        self.running.clear()


def _identity() -> dict[str, object]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if ROOT else {}


@contextlib.contextmanager
def servers(prefix: str) -> Iterator[Servers]:
    """A folder for servers, below the system's own for temporary files: pytest's lets nobody else in."""
    folder = Path(tempfile.mkdtemp(prefix=f"novaplan-{prefix}-"))
    house = Servers(folder)
    house.own(folder)
    try:
        yield house
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)
