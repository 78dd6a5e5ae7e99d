"""Runs the command as a user does: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULE = (sys.executable, "-m", "novaplan")

SHOP = """\
name: shop
services:
  - name: web
    role: gateway
    replicas: 2
    ports: [{name: http, port: 80}]
    containers: [{name: main, resources: {requests: {cpu: 250m, memory: 128Mi}, limits: {memory: 256Mi}}}]
  - name: cart
    role: core
    termination: {grace: 45s}
    ports: [{name: http, port: 8080}]
    containers: [{name: main, resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}]
datastores:
  - {name: db, kind: mysql, storage: 10Gi, databases: [{name: shop}]}
dependencies:
  - {client: web, server: cart}
  - {client: cart, server: db, mode: writes, database: shop, timeout: 5s, pool: {max: 5}}
"""
POLICY = """\
name: shop-policy
target: shop-small
rules: {ports: fold, termination: longest}
groups:
  - {name: store, members: [cart, web], internal: in-process}
"""


@dataclass(frozen=True)
class Result:
    """What a process left behind."""

    out: str
    err: str
    status: int

    @property
    def problems(self) -> list[str]:
        """The lines of standard error; every one tells a problem, and nothing else is there."""
        lines = self.err.splitlines()
        assert self.status == 1, self
        assert lines, self
        assert all(line.startswith("novaplan: ") for line in lines), self.err
        assert self.out == ""
        return [line.removeprefix("novaplan: ") for line in lines]


Run = Callable[..., Result]


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without what would change the output, and with ``changes``."""
    left_out = {"COLUMNS", "NO_COLOR", "LANG", "PYTHONIOENCODING", "PYTHONUTF8", "PYDANTIC_DISABLE_PLUGINS"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out and not name.startswith("LC_")}
    return {**kept, **changes}


def run(
    *words: str | Path,
    cwd: Path,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = MODULE,
) -> Result:
    """Run ``novaplan`` with ``words``."""
    done = subprocess.run(
        [*command, *map(str, words)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        cwd=cwd,
        env=environment(env or {}),
        timeout=60,
        check=False,
    )
    return Result(done.stdout.decode(), done.stderr.decode(), done.returncode)


def files(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder`` and what is in it, to see that nothing was written."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def script() -> str:
    """The installed command, or a reason to skip."""
    found = shutil.which("novaplan", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("novaplan is not installed beside this Python")
    return found
