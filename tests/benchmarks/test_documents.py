"""Reading and writing 10,000 Kubernetes objects (about 20 MB), beside PyYAML on libyaml; compare within each group."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from novaplan.documents.reader import read
from novaplan.documents.writer import dump_all

OBJECTS = 10_000
ROUNDS = {"rounds": 5, "iterations": 1, "warmup_rounds": 1}


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture, which has no types, that is used here."""

    def pedantic(self, target: object, args: object = (), kwargs: object = None, **rounds: int) -> Any: ...


def deployment(number: int) -> dict[str, Any]:
    """One object as a cluster holds it; texts repeat about as much as they do there."""
    name = f"service-{number % 997}"
    peers = [f"service-{(number * factor) % 997}" for factor in (3, 7)]
    variables: list[dict[str, Any]] = [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "DATABASE_URL", "value": f"postgres://database-{number % 50}:5432/{name}"},
        {"name": "CACHE_ENABLED", "value": "yes"},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": f"{name}-secret", "key": "password"}}},
    ]
    variables += [{"name": f"PEER_{index}_URL", "value": f"http://{peer}:8080"} for index, peer in enumerate(peers)]
    container = {
        "name": name,
        "image": f"registry.example.com/shop/{name}:1.{number % 40}.{number % 7}",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", "set -e\nexec /app/run --port 8080\n"],
        "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9090},
        ],
        "env": variables,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 10},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/config", "readOnly": True}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"{name}-{number}",
            "namespace": f"team-{number % 13}",
            "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop"},
            "annotations": {"description": f"The {name} service: it is number #{number}", "example.com/scrape": "true"},
        },
        "spec": {
            "replicas": number % 5 + 1,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": name}},
                "spec": {
                    "containers": [container],
                    "volumes": [{"name": "config", "configMap": {"name": f"{name}-config"}}],
                },
            },
        },
    }


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return [deployment(number) for number in range(OBJECTS)]


@pytest.fixture(scope="module")
def manifests(objects: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents") / "manifests.yaml"
    path.write_text(yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.benchmark(group="read 10,000 objects")
def test_read(benchmark: Benchmark, manifests: Path) -> None:
    documents = benchmark.pedantic(read, (manifests,), **ROUNDS)
    assert len(documents) == OBJECTS
    assert documents[-1].line_of(["spec", "template"]) > documents[-1].line


@pytest.mark.benchmark(group="read 10,000 objects")
def test_read_with_pyyaml(benchmark: Benchmark, manifests: Path, objects: list[dict[str, Any]]) -> None:
    def load() -> list[Any]:
        return list(yaml.load_all(manifests.read_bytes(), Loader=yaml.CSafeLoader))

    assert benchmark.pedantic(load, **ROUNDS) == objects


@pytest.mark.benchmark(group="write 10,000 objects")
def test_write(benchmark: Benchmark, objects: list[dict[str, Any]]) -> None:
    text = benchmark.pedantic(dump_all, (objects,), **ROUNDS)
    assert text.count("\n---\n") == OBJECTS - 1


@pytest.mark.benchmark(group="write 10,000 objects")
def test_write_with_pyyaml(benchmark: Benchmark, objects: list[dict[str, Any]]) -> None:
    options = {"Dumper": yaml.CSafeDumper, "sort_keys": False}
    text = benchmark.pedantic(yaml.dump_all, (objects,), options, **ROUNDS)
    assert text.count("\n---\n") == OBJECTS - 1
