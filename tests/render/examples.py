"""What tests of rendering share: systems, what was made of them, and a small system to change."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

import novaplan
from novaplan.errors import InputError
from novaplan.render.assembly import Bundle, assemble
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology
from tests.strategies import topologies

SYSTEMS = ("current", "target", "shop", "shop-target")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")


@cache
def system(name: str) -> Topology:
    """A committed system."""
    return novaplan.load(Path(__file__).parents[2] / "topologies" / f"{name}.yaml")


@cache
def settings() -> Settings:
    """The settings that hold where none are named."""
    return novaplan.load_render_settings(Path(__file__).parents[2] / "models" / "render.yaml")


@cache
def bundle(name: str) -> Bundle:
    """What is made of a committed system."""
    return assemble(Context(system(name), settings()))


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Topology, Bundle]:
    """Any topology that Kubernetes has names for, and what is made of it."""
    topology = draw(topologies())
    try:
        made = assemble(Context(topology, settings()))
    except InputError:
        reject()
    return topology, made


def small(**changes: Any) -> Topology:
    """A service ``web`` that calls ``api``; ``changes`` are further fields of ``api``, or of the topology after
    ``topology_``."""
    whole = {
        name.removeprefix("topology_"): changes.pop(name) for name in list(changes) if name.startswith("topology_")
    }
    port = {"name": "http", "port": 80, "target": 8080}
    api = {"name": "api", "namespace": "back", "ports": [port], "containers": [{"name": "api", "image": "api:1"}]}
    web = {"name": "web", "namespace": "front", "ports": [port], "containers": [{"name": "web", "image": "web:1"}]}
    body = {
        "name": "small",
        "namespaces": [{"name": "back"}, {"name": "front"}],
        "services": [{**api, **changes}, web],
        "dependencies": [{"client": "web", "server": "api"}],
    }
    return Topology.model_validate({**body, **whole})


def objects(topology: Topology, **wanted: Any) -> list[Manifest]:
    """Every object that is made of ``topology`` with some settings."""
    return assemble(Context(topology, settings().model_copy(update=wanted))).manifests


def one(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """The only object of this kind and name."""
    (found,) = [item for item in manifests if item["kind"] == kind and item["metadata"]["name"] == name]
    return found


def names(manifests: list[Manifest], kind: str) -> set[str]:
    """The names of the objects of a kind."""
    return {item["metadata"]["name"] for item in manifests if item["kind"] == kind}


def template(item: Manifest) -> Manifest:
    """The template of the pods of a workload; a Pod is its own."""
    if item["kind"] == "Pod":
        return item
    spec = item["spec"]["jobTemplate"]["spec"] if item["kind"] == "CronJob" else item["spec"]
    found: Manifest = spec["template"]
    return found


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The namespace and the template of the pods of every workload."""
    for item in manifests:
        if item["kind"] in WORKLOADS:
            yield item["metadata"].get("namespace", "default"), template(item)


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Every container of the spec of a pod."""
    return [*pod["containers"], *pod.get("initContainers", [])]
