"""Runs the commands of migration steps as they are told, against servers that run here.

The text of a command goes to bash unchanged. ``kubectl`` is a program that runs what it is given beside the processes
of a pod (``kubectl_stand_in``); what novaplan renders is started by the drill. An action of a person has no command.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from novaplan.migration.gates import EXIT, met
from novaplan.migration.step import Action, Gate
from tests.drills.postgres.pods import Cluster, Pod
from tests.drills.processes import PROGRAM_FOLDERS, Servers, program


@dataclass
class Commands:
    """Where pods are, and what was run."""

    house: Servers
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    pods: dict[str, dict[str, object]] = field(default_factory=dict)
    hosts: dict[str, tuple[str, int]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def know(self, space: str, cluster: Cluster, pod: Pod, *, data: str, variables: Mapping[str, str]) -> None:
        """Lets commands reach a pod of a server; ``data`` is where its files are."""
        container = pod.spec["containers"][0]
        self.pods[f"{space}/{pod.name}"] = {
            "container": container["name"],
            "folder": str(pod.folder),
            "data": data,
            "env": {**cluster.variables(pod, container), **variables},
            "paths": {path: str(folder) for path, folder in pod.mounts.items()},
        }

    def forget(self) -> None:
        """Nothing is known any more."""
        self.pods.clear()

    def run(self, text: str, *, within: float = 120) -> str:
        """What a command prints; raises OSError where it fails."""
        book = self.house.folder / "stand-in.json"
        if book.exists():
            self.secrets |= json.loads(book.read_text())["secrets"]
        known = {"pods": self.pods, "hosts": self.hosts, "secrets": self.secrets}
        self.house.write("stand-in.json", json.dumps(known))
        self.house.write("bin/stand_in.py", (Path(__file__).parent / "kubectl_stand_in.py").read_text())
        stand_in = f'#!/bin/sh\nexec /usr/bin/python3 "{self.house.folder}/bin/stand_in.py" "$@"\n'
        self.house.write("bin/kubectl", stand_in, mode=0o755)
        path = os.pathsep.join((f"{self.house.folder}/bin", os.environ.get("PATH", os.defpath), *PROGRAM_FOLDERS))
        env = {"STAND_IN": str(book), "PATH": path}
        self.ran.append(text)
        done = self.house.run([program("bash"), "-euo", "pipefail", "-c", text], env=env, within=within)
        if done.returncode:
            sys.stderr.write(f"{text}\n{done.stdout}{done.stderr}\n")
            raise OSError(done.stderr.strip() or f"exit status {done.returncode}")
        return done.stdout.strip()

    def act(self, actions: Iterable[Action]) -> None:
        """Every command among ``actions``, in order."""
        for action in actions:
            if action.command:
                self.run(action.command)

    def passes(self, gate: Gate) -> bool:
        """Whether what a gate measures is what it must be."""
        found = self.run(gate.query)
        return gate.threshold == EXIT or met(gate.threshold, found)
