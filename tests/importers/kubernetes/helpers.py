"""Short ways to what the tests write and look at."""

from collections.abc import Mapping
from typing import Any

import pytest

from novaplan.documents import writer
from novaplan.errors import NovaplanError
from novaplan.importers.kubernetes import import_kubernetes
from novaplan.importers.report import Report
from novaplan.topology.system import Topology

Env = Mapping[str, str | dict[str, Any]]


def workload(
    name: str,
    *,
    image: str = "example/app:1",
    kind: str = "Deployment",
    namespace: str | None = None,
    env: Env | None = None,
    ports: tuple[int, ...] = (8080,),
    args: tuple[str, ...] = (),
    labels: Mapping[str, str] | None = None,
    container: Mapping[str, Any] | None = None,
    pod: Mapping[str, Any] | None = None,
    **spec: Any,
) -> str:
    """A workload with one container; its pods carry the label ``app``."""
    variables = [
        {"name": key, "value": value} if isinstance(value, str) else {"name": key, "valueFrom": value}
        for key, value in (env or {}).items()
    ]
    main = {
        "name": "main",
        "image": image,
        "ports": [{"containerPort": port} for port in ports],
        "env": variables,
        "args": list(args),
        **(container or {}),
    }
    template = {"metadata": {"labels": labels or {"app": name}}, "spec": {"containers": [main], **(pod or {})}}
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    version = "batch/v1" if kind == "Job" else "apps/v1"
    return writer.dump(
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"template": template, **spec}}
    )


def service(name: str, *ports: int, app: str | None = None, namespace: str | None = None, **spec: Any) -> str:
    """A Service that selects the pods of ``app``, by default those of the same name."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    body = {
        "selector": {"app": app or name},
        "ports": [{"port": port, "name": f"p{port}"} for port in ports or (8080,)],
    }
    return writer.dump({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**body, **spec}})


def store(kind: str, name: str, data: Mapping[str, str], *, namespace: str | None = None) -> str:
    """A ConfigMap, or a Secret with plain values."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    field = "stringData" if kind == "Secret" else "data"
    return writer.dump({"apiVersion": "v1", "kind": kind, "metadata": metadata, field: dict(data)})


def running(name: str, *ports: int, **more: Any) -> str:
    """A workload with its Service."""
    numbers = ports or (8080,)
    return workload(name, ports=numbers, **more) + "---\n" + service(name, *numbers, namespace=more.get("namespace"))


def edges(topology: Topology, *, possible: bool | None = None) -> set[tuple[str, str]]:
    """Client and server of every dependency."""
    return {
        (edge.client, edge.server) for edge in topology.dependencies if possible is None or edge.possible is possible
    }


def doubts(report: Report) -> str:
    """What is uncertain, as one text."""
    return "\n".join(line for line in report.lines() if line.startswith("uncertain"))


def left_out(report: Report) -> str:
    """What is left out, as one text."""
    return "\n".join(line for line in report.lines() if line.startswith("left out"))


def refusal(path: str = "a.yaml") -> str:
    """The text of the error that importing ``path`` raises."""
    with pytest.raises(NovaplanError) as caught:
        import_kubernetes([path])
    return str(caught.value)
