"""Rendered Redis pods as processes on this machine.

The adapter between a cluster and loopback, and all that is changed: a pod has an address of its own (127.x.y.z), its
name is resolved by nss_wrapper, ``/data`` and ``/config`` are folders, servers bind to their address, and redis-cli
without ``-h`` means the pod it runs in. Ports, names, scripts and variables are those of the manifests. Where busybox
is there, scripts find nothing on their path but what redis:7-alpine has: its applets, and Redis.
"""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from novaplan.render.context import Context
from novaplan.render.datastores import redis
from novaplan.render.endpoints import SENTINEL_PORT
from novaplan.render.settings import Settings
from novaplan.topology.datastore import Datastore
from novaplan.topology.system import Topology
from tests.drills.processes import Process, Servers, eventually, program, unavailable
from tests.drills.redis.client import Address, Client, Sentinels

NSS_WRAPPER = "libnss_wrapper.so"
_APPLETS = (
    "sh",
    "awk",
    "cat",
    "cut",
    "date",
    "grep",
    "head",
    "mv",
    "sed",
    "seq",
    "sha1sum",
    "sleep",
    "sort",
    "tail",
    "timeout",
    "tr",
    "uniq",
    "xargs",
)
"""What the scripts use; busybox has them all."""


@dataclass
class Pod:
    """One pod: its folder, its address and the containers that run."""

    name: str
    host: str
    address: str
    folder: Path
    containers: dict[str, dict[str, Any]]
    running: dict[str, Process] = field(default_factory=dict)


class Cluster:
    """The StatefulSets of one Redis; none runs until it is started."""

    def __init__(self, servers: Servers, topology: Topology, store: Datastore, password: str) -> None:
        context = Context(topology, Settings())
        objects = redis.objects(context, store)
        self.servers, self.store, self.password = servers, store, password
        self.namespace = context.namespace(store) or "default"
        self.texts: dict[str, str] = next(item["data"] for item in objects if item["kind"] == "ConfigMap")
        self.pods: dict[str, Pod] = {}
        network, last = f"127.{random.randint(1, 250)}.{random.randint(0, 250)}", 0
        for item in objects:
            if item["kind"] == "StatefulSet":
                for number in range(item["spec"]["replicas"]):
                    last += 1
                    self._add(item, number, f"{network}.{last}")
        self._library = _nss_wrapper()
        self.more: dict[str, str] = {}
        self._tools()
        self.write_hosts(self.pods.values())
        self.sentinels = Sentinels(
            [Address(pod.address, SENTINEL_PORT) for pod in self.pods.values() if "sentinel" in pod.containers],
            password,
            {pod.host: pod.address for pod in self.pods.values()},
        )

    def _add(self, workload: dict[str, Any], number: int, address: str) -> None:
        name = f"{workload['metadata']['name']}-{number}"
        host = f"{name}.{workload['spec']['serviceName']}.{self.namespace}.svc.cluster.local"
        containers = {item["name"]: item for item in workload["spec"]["template"]["spec"]["containers"]}
        pod = Pod(name, host, address, self.servers.folder / name, containers)
        self.servers.make(f"{name}/data")
        for file, text in self.texts.items():
            mapped = self._mapped(pod, text)
            if file.endswith(".conf"):
                mapped += f"bind {address}\nbind-source-addr {address}\n"
            self.servers.write(f"{name}/config/{file}", mapped)
        self.pods[name] = pod

    def _mapped(self, pod: Pod, text: str) -> str:
        return text.replace("/data", f"{pod.folder}/data").replace("/config", f"{pod.folder}/config")

    def _tools(self) -> None:
        """The path of the containers."""
        folder = self.servers.folder / "bin"
        folder.mkdir()
        busybox = shutil.which("busybox")
        for applet in _APPLETS:
            (folder / applet).symlink_to(busybox or program(applet))
        (folder / "redis-server").symlink_to(program("redis-server"))
        cli = program("redis-cli")
        text = f'#!/bin/sh\n[ "$1" = -h ] || set -- -h "$POD_ADDRESS" "$@"\nexec {cli} "$@"\n'
        self.servers.write("bin/redis-cli", text, mode=0o755)

    def write_hosts(self, pods: Sequence[Pod] | Any) -> None:
        """Which pods have a name just now."""
        hosts = [*((pod.host, pod.address) for pod in pods), *self.more.items()]
        self.servers.write("hosts", "".join(f"{address} {host}\n" for host, address in hosts))

    def name_more(self, hosts: dict[str, str]) -> None:
        """Names of what is no pod: Services, and servers elsewhere."""
        self.more.update(hosts)
        self.write_hosts(self.pods.values())
        self.sentinels.name_more(hosts)

    def environment(self, pod: Pod, container: str) -> dict[str, str]:
        """The variables of a container, with what the cluster would fill in."""
        fields = {"metadata.name": pod.name, "metadata.namespace": self.namespace}
        found = {
            "PATH": str(self.servers.folder / "bin"),
            "LD_PRELOAD": self._library,
            "NSS_WRAPPER_HOSTS": str(self.servers.folder / "hosts"),
            "POD_ADDRESS": pod.address,
        }
        for item in pod.containers[container]["env"]:
            source = item.get("valueFrom", {})
            found[item["name"]] = fields[source["fieldRef"]["fieldPath"]] if "fieldRef" in source else self.password
        return found

    def start(self, *names: str, container: str | None = None) -> None:
        """Starts pods, or one container of each; without names, all."""
        for name in names or list(self.pods):
            pod = self.pods[name]
            for each in [container] if container else list(pod.containers):
                command = [self._mapped(pod, word) for word in pod.containers[each]["command"]]
                command[0] = str(self.servers.folder / "bin" / command[0])
                pod.running[each] = self.servers.start(f"{name}-{each}", command, env=self.environment(pod, each))

    def run(self, name: str, container: str, command: Sequence[str]) -> CompletedProcess[str]:
        """Runs what a probe or a hook runs in a container."""
        pod = self.pods[name]
        words = [self._mapped(pod, word) for word in command]
        words[0] = str(self.servers.folder / "bin" / words[0])
        return self.servers.run(words, env=self.environment(pod, container))

    def kill(self, name: str, *containers: str) -> None:
        """kill -9 of these containers; without any, of the whole pod."""
        for container in containers or list(self.pods[name].running):
            self.pods[name].running.pop(container).kill()

    def delete(self, name: str) -> CompletedProcess[str]:
        """Stops a pod as the kubelet does: every container at once, each with its hook before SIGTERM. Gives what the
        server's hook said."""
        pod = self.pods[name]
        others = [process for container, process in pod.running.items() if container != "redis"]
        for process in others:
            process.signal(signal.SIGTERM)
        hook = pod.containers["redis"]["lifecycle"]["preStop"]["exec"]["command"]
        said = self.run(name, "redis", hook)
        pod.running["redis"].signal(signal.SIGTERM)
        for process in pod.running.values():
            process.wait(30)
        pod.running.clear()
        return said

    def wipe(self, name: str) -> None:
        """A pod's volume is lost."""
        shutil.rmtree(self.pods[name].folder / "data")
        self.servers.make(f"{name}/data")

    def client(self, name: str, source: str = "") -> Client:
        """A connection to a server; ``source`` is the address it comes from."""
        return Client(self.address(name), self.password, source=source)

    def address(self, name: str) -> Address:
        """Where a server listens."""
        return Address(self.pods[name].address, self.store.port or 6379)

    def role(self, name: str) -> str:
        """``master`` or ``slave``; empty where the server does not answer."""
        try:
            with self.client(name) as client:
                answer = client.command("ROLE")
        except OSError:
            return ""
        return str(answer[0]) if isinstance(answer, list) else ""

    def master(self) -> str:
        """The pod that the Sentinels name."""
        address = self.sentinels.master()
        return next((pod.name for pod in self.pods.values() if address and pod.address == address.host), "")

    def in_sync(self, name: str) -> bool:
        """Whether a replica follows its master."""
        return self.info(name).get("master_link_status") == "up"

    def info(self, name: str) -> dict[str, str]:
        """INFO replication."""
        with self.client(name) as client:
            text = str(client.command("INFO", "replication"))
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    @property
    def data_pods(self) -> list[str]:
        """The pods with a server."""
        return [pod.name for pod in self.pods.values() if "redis" in pod.containers]

    def settled(self) -> bool:
        """One master, everybody else in sync with it, and every Sentinel knows all of that and all others."""
        master = self.master()
        replicas = [name for name in self.data_pods if name != master]
        if not master:
            return False
        hosts = {self.pods[name].host for name in replicas}
        wanted = (self.pods[master].host, hosts, len(self.sentinels.addresses) - 1)
        return (
            self.info(master).get("role") == "master"
            and all(self.in_sync(name) for name in replicas)
            and all(self.sentinels.known(address) == wanted for address in self.sentinels.addresses)
        )

    def settle(self, within: float = 60) -> str:
        """Waits until everything is in order; gives the master."""
        eventually(self.settled, "one master, replicas in sync, Sentinels agree", within=within, every=0.2)
        return self.master()


def _nss_wrapper() -> str:
    for folder in ("/usr/lib", *map(str, Path("/usr/lib").glob("*-linux-*"))):
        if (found := Path(folder, NSS_WRAPPER)).is_file():
            return str(found)
    unavailable("libnss-wrapper is not installed; scripts/drills installs it")
    raise AssertionError
