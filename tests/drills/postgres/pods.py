"""Runs the pods of rendered manifests as plain processes on loopback addresses.

The stand-in for the kubelet and for DNS: a pod is an address of its own and a folder; its volumes are folders in that,
its containers processes. In commands, variables and files the names of pods become their addresses, paths of mounts
become folders, and what listens everywhere listens on the pod's address. Nothing else is changed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.drills.postgres.network import Loopback, Network
from tests.drills.processes import Process, Servers, program

Manifest = dict[str, Any]


@dataclass
class Pod:
    """One pod: where it is, and what runs in it."""

    name: str
    address: str
    folder: Path
    spec: dict[str, Any]
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def mounts(self) -> dict[str, Path]:
        """Folders by where containers see them."""
        return {
            mount["mountPath"]: self.folder / mount["name"]
            for container in self.spec["containers"]
            for mount in container["volumeMounts"]
        }


class Cluster:
    """The pods of some manifests; ``values`` are the values of their Secrets, by name and key."""

    def __init__(
        self,
        house: Servers,
        manifests: list[Manifest],
        values: Mapping[str, Mapping[str, str]],
        network: Network | None = None,
    ) -> None:
        self.house, self.manifests, self.values = house, manifests, values
        self.network = network or Loopback()
        self.pods: dict[str, Pod] = {}
        self.names: dict[str, str] = {}
        for item in self.manifests:
            if item["kind"] in ("StatefulSet", "Deployment"):
                for number in range(item["spec"]["replicas"]):
                    self._add(item, number)

    def _add(self, workload: Manifest, number: int) -> None:
        name = f"{workload['metadata']['name']}-{number}"
        spec = workload["spec"]["template"]["spec"]
        address = self.network.add()
        self.pods[name] = Pod(name, address, self.house.folder / name, spec)
        claims = [item["metadata"]["name"] for item in workload["spec"].get("volumeClaimTemplates", ())]
        governing = workload["spec"].get("serviceName")
        if governing:
            space = workload["metadata"].get("namespace")
            self.names[f"{name}.{governing}" + (f".{space}.svc.cluster.local" if space else "")] = address
        for volume in [*spec.get("volumes", ()), *({"name": claim} for claim in claims)]:
            self.house.make(f"{name}/{volume['name']}")

    def of(self, prefix: str) -> list[Pod]:
        """The pods of one workload."""
        return [pod for name, pod in self.pods.items() if name.rpartition("-")[0] == prefix]

    def start(self, pod: Pod) -> None:
        """Fills the volumes that hold files, and starts every container."""
        for volume in pod.spec.get("volumes", ()):
            for name, text in self.files(volume):
                mode = 0o755 if name.endswith(".sh") else 0o644
                self.house.write(f"{pod.name}/{volume['name']}/{name}", self.local(pod, text), mode=mode)
        for container in pod.spec["containers"]:
            self.start_container(pod, container["name"])

    def start_container(self, pod: Pod, name: str) -> Process:
        """Starts one container, or starts it again."""
        container = next(item for item in pod.spec["containers"] if item["name"] == name)
        variables = self.variables(pod, container)
        words = [_expanded(word, variables) for word in [*container.get("command", ()), *container.get("args", ())]]
        first, *rest = [self.local(pod, word) for word in words]
        with self.network.inside(pod.address):
            made = self.house.start(f"{pod.name}-{name}", [program(first), *rest], env=variables, cwd=pod.folder)
        pod.processes[name] = made
        return made

    def variables(self, pod: Pod, container: Mapping[str, Any]) -> dict[str, str]:
        """The environment of a container."""
        found: dict[str, str] = {}
        fields = {"metadata.name": pod.name, "status.podIP": pod.address, "metadata.namespace": "default"}
        for item in container.get("env", ()):
            source = item.get("valueFrom", {})
            if "secretKeyRef" in source:
                value = self.values[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
            elif "fieldRef" in source:
                value = fields[source["fieldRef"]["fieldPath"]]
            else:
                value = self.local(pod, _expanded(item["value"], found))
            found[item["name"]] = value
        return found

    def local(self, pod: Pod, text: str) -> str:
        """``text`` as the pod sees it here."""
        for name, address in self.names.items():
            text = re.sub(rf"(?<![-\w.]){re.escape(name)}(?![-\w])", address, text)
        text = re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", pod.address, text)
        text = re.sub(r"^(listen_addr = )\*$", rf"\g<1>{pod.address}", text, flags=re.MULTILINE)
        text = re.sub(r"^( *bind ):", rf"\g<1>{pod.address}:", text, flags=re.MULTILINE)
        paths = "|".join(re.escape(path) for path in sorted(pod.mounts, reverse=True))
        text = re.sub(rf"(?<![-\w./])({paths})(?![-\w.])", lambda found: str(pod.mounts[found[1]]), text)
        # A setting of newer versions, which an older pooler takes for a slip of the pen.
        return text if pooler_version() >= (1, 21) else re.sub(r"^max_prepared_statements.*\n", "", text, flags=re.M)

    def files(self, volume: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The files of a volume, by name."""
        if "configMap" in volume:
            for item in self.manifests:
                if item["kind"] == "ConfigMap" and item["metadata"]["name"] == volume["configMap"]["name"]:
                    keys = [entry["key"] for entry in volume["configMap"].get("items", ())] or list(item["data"])
                    yield from ((key, item["data"][key]) for key in keys)
        if "secret" in volume:
            for entry in volume["secret"]["items"]:
                yield entry["path"], self.values[volume["secret"]["secretName"]][entry["key"]]


@cache
def pooler_version() -> tuple[int, ...]:
    """Of the PgBouncer here."""
    text = subprocess.run([program("pgbouncer"), "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", text.splitlines()[0])[:2])


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\((\w+)\)", lambda found: variables.get(found[1], found[0]), text)


def alive(pid: int) -> bool:
    """Whether a process is there and not merely not yet buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
