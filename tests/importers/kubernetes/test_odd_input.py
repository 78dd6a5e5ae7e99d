"""Input that nobody would write and files hold all the same: one clear message, or a topology, and never a crash."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from novaplan.errors import InputError
from novaplan.importers.kubernetes import import_kubernetes
from novaplan.topology.storage import dumps, loads

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def into_folder(files: dict[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).write_text(dedent(text), encoding="utf-8")
        return tmp_path

    return into_folder


POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {namespace}}}
spec: {{template: {{spec: {{containers: [{{name: web, image: redis, env: {env}}}]}}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: {namespace}}}
"""


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [("'${SPACE}'", "space"), ("<your-space>", "your-space"), ("A_B", "a-b"), ("'%'", "default"), ("9" * 80, "9" * 63)],
)
def test_namespace_that_a_script_would_fill_in(write: Write, namespace: str, expected: str) -> None:
    folder = write({"a.yaml": POD.format(namespace=namespace, env=[])})
    topology, _ = import_kubernetes([folder])
    assert [item.name for item in topology.namespaces] == [expected]
    assert [store.namespace for store in topology.datastores] == [expected]
    assert loads(dumps(topology)) == topology


@pytest.mark.parametrize("name", ["-", "_", "é", "."])
def test_variable_without_a_word_in_its_name(write: Write, name: str) -> None:
    env = [{"name": name, "value": "topic"}, {"name": "KAFKA_BROKERS", "value": "bus:9092"}]
    topology, _ = import_kubernetes([write({"a.yaml": POD.format(namespace="a", env=env)})])
    assert [edge.server for edge in topology.dependencies] == ["bus.a"]


@pytest.mark.parametrize("name", ["x" * 300, "a\\0b", "none"])
def test_resource_that_no_file_system_holds(write: Write, name: str) -> None:
    folder = write({"kustomization.yaml": f'resources: ["{name}"]'})
    with pytest.raises(InputError, match="there is no"):
        import_kubernetes([folder])


@pytest.mark.parametrize("port", ["' '", "'a b'", "''", "{}"])
def test_route_to_a_port_that_has_no_name(write: Write, port: str) -> None:
    service = """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: api}
    spec: {selector: {app: api}, ports: [{port: 80}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec: {selector: {}, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: a, image: a}]}}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: way}
    spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: api, port: {name: PORT}}}}]}}]}
    """
    topology, _ = import_kubernetes([write({"a.yaml": service.replace("PORT", port)})])
    assert [backend.port for route in topology.routes for backend in route.backends] == ["port-80"]
