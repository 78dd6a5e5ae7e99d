"""Commands of a plan, run as they stand: in a shell whose kubectl leads into the pods of a drill.

Changed is what a cluster would add: ``exec`` runs its command with the variables and the path of that pod, names are
resolved by nss_wrapper, and what only a cluster can do (apply, patch, delete, rollout) is noted and left to the drill.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

from novaplan.migration.step import Action, Gate
from tests.drills.redis.pods import Cluster

_KUBECTL = """\
#!/bin/sh
folder=$(dirname "$0")
echo "$*" >>"$folder/log"
place=default
[ "$1" != -n ] || { place=$2; shift 2; }
case $1 in
    exec)
        shift
        [ "$1" != -i ] || shift
        pod=$1
        shift
        [ "$1" != -c ] || { pod=$pod.$2; shift 2; }
        [ "$1" = -- ] || exit 1
        shift
        # shellcheck source=/dev/null
        . "$folder/$place.$(echo "$pod" | tr / .)" || exit 1
        for word; do
            shift
            word=$(printf '%s.' "$word" | sed "s|/config/|$CONFIG/|g")
            set -- "$@" "${word%.}"
        done
        cd "$FOLDER"
        PATH=$POD_PATH
        exec "$@"
        ;;
    config) echo default ;;
    get) cat "$folder/clients" ;;
    rollout | apply | patch | delete) ;;
    *) echo "no such thing here: $*" >&2 && exit 1 ;;
esac
"""


class Kubectl:
    """A kubectl that knows the pods of ``cluster``, and others that are added."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.house = cluster, cluster.servers
        self.folder = self.house.make("kubectl")
        self.house.write("kubectl/kubectl", _KUBECTL, mode=0o755)
        for pod in cluster.pods.values():
            for container in pod.containers:
                name = f"{cluster.namespace}.{pod.name}.{container}"
                self.add(name, cluster.environment(pod, container), pod.folder)
        self.clients_at("")

    def add(self, name: str, env: dict[str, str], folder: Path) -> None:
        """Makes what a command names known, ``NAMESPACE.POD.CONTAINER`` or ``NAMESPACE.service.NAME``: it runs in a
        folder with ``config`` and ``data``."""
        known = {**env, "POD_PATH": env["PATH"], "CONFIG": f"{folder}/config", "FOLDER": f"{folder}/data"}
        del known["PATH"]
        lines = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in known.items())
        self.house.write(f"kubectl/{name}", lines)

    def clients_at(self, lines: str) -> None:
        """What ``get pods`` says from now on."""
        self.house.write("kubectl/clients", lines)

    def run(self, command: str, within: float = 120) -> CompletedProcess[str]:
        """One command text, in a shell."""
        return self.house.run(["/bin/sh", "-c", command], env={"PATH": f"{self.folder}:/usr/bin:/bin"}, within=within)

    def do(self, actions: Sequence[Action]) -> list[str]:
        """Runs what has a command, but for manifests, which the drill itself starts. Gives what was done."""
        done = []
        for action in actions:
            if action.command and action.tool != "novaplan":
                said = self.run(action.command)
                assert said.returncode == 0, f"{action.says}\n{action.command}\n{said.stdout}\n{said.stderr}"
                done.append(action.says)
        return done

    def measure(self, gate: Gate) -> str:
        """What the query of a gate prints."""
        said = self.run(gate.query)
        assert said.returncode == 0 or said.stdout, f"{gate.says}\n{gate.query}\n{said.stderr}"
        return said.stdout.strip()

    def log(self) -> str:
        """Every call."""
        return (self.folder / "log").read_text()
