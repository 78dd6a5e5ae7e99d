"""What an import gives is a topology like any other: it shows, saves, loads, and comes out the same every time."""

import subprocess
import sys
from pathlib import Path

import pytest

from novaplan.importers.kubernetes import import_kubernetes
from novaplan.topology.graph import node_link
from novaplan.topology.storage import dumps, save
from novaplan.topology.storage import load as load_topology
from tests.importers.kubernetes.conftest import Import, Write
from tests.importers.kubernetes.helpers import refusal, running, service, store, workload

SECRET_VALUES = ("hunter2hunter2", "s3cr3t-token", "AKIASECRETKEY", "cert-material", "pa55-w0rd")


def shop() -> dict[str, str]:
    """A system with some of everything, and with secrets wherever people put them."""
    web_env = {
        "ORDERS_URL": "http://orders.shop.svc.cluster.local:8080",
        "REDIS_URL": {"secretKeyRef": {"name": "keys", "key": "redis"}},
        "API_TOKEN": "s3cr3t-token",
        "CALLBACK": "https://user:pa55-w0rd@hooks.net/x",
        "AWS_SECRET_ACCESS_KEY": "AKIASECRETKEY",
    }
    return {
        "shop/namespace.yaml": "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n",
        "shop/web.yaml": running("web", namespace="shop", env=web_env, args=("--password=pa55-w0rd", "--verbose")),
        "shop/orders.yaml": running(
            "orders",
            namespace="shop",
            env={"DATABASE_URL": "postgresql://app:hunter2hunter2@db/orders", "KAFKA_BROKERS": "kafka:9092"},
            pod={
                "initContainers": [
                    {"name": "w", "image": "busybox", "args": ["sh", "-c", "curl -u u:pa55-w0rd http://web"]}
                ]
            },
        ),
        "shop/stores.yaml": "---\n".join(
            [
                workload("db", kind="StatefulSet", namespace="shop", image="postgres:16", ports=(5432,), replicas=3),
                service("db", 5432, namespace="shop"),
                running("redis", 6379, namespace="shop", image="redis:7", args=("--requirepass", "hunter2hunter2")),
                running("kafka", 9092, namespace="shop", image="apache/kafka"),
                store(
                    "Secret",
                    "keys",
                    {"redis": "redis://:hunter2hunter2@redis/1", "tls": "cert-material"},
                    namespace="shop",
                ),
            ]
        ),
        "shop/policy.yaml": "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
        "metadata: {name: deny, namespace: shop}}\n",
    }


@pytest.fixture
def imported(load: Import):
    return load(files=shop(), path="shop")


def test_what_it_shows(imported) -> None:
    topology, _ = imported
    data = node_link(topology)

    nodes = {node["id"]: (node["category"], node["kind"], node["replicas"]) for node in data["nodes"]}
    assert nodes == {
        "web": ("service", "core", 1),
        "orders": ("service", "core", 1),
        "db": ("datastore", "postgres", 3),
        "redis": ("datastore", "redis", 1),
        "kafka": ("datastore", "kafka", 1),
    }
    found = {
        (edge["source"], edge["target"], edge["mode"], edge.get("database"), edge.get("logical_db"))
        for edge in data["edges"]
    }
    assert found == {
        ("web", "orders", "calls", None, None),
        ("web", "redis", "writes", None, 1),
        ("orders", "db", "writes", "orders", None),
        ("orders", "kafka", "writes", None, None),
        ("orders", "web", "calls", None, None),
    }


def test_saving_and_loading(imported, tmp_path: Path) -> None:
    topology, _ = imported
    save(topology, tmp_path / "t.yaml")

    assert load_topology(tmp_path / "t.yaml") == topology


def test_importing_twice_gives_the_same_bytes(write: Write) -> None:
    write(shop())
    code = (
        "from novaplan.importers.kubernetes import import_kubernetes\n"
        "from novaplan.topology.storage import dumps\n"
        "topology, report = import_kubernetes(['shop'])\n"
        "print(dumps(topology), *report.lines(), sep='\\n')\n"
    )
    root = str(Path(__file__).parents[3])

    def output(seed: str) -> bytes:
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": root, "PATH": ""}
        return subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True).stdout

    assert output("1") == output("2") != b""


def test_the_order_of_the_files_does_not_matter(write: Write) -> None:
    files = shop()
    write(files)
    forwards, _ = import_kubernetes(sorted(files), name="shop")
    backwards, _ = import_kubernetes(sorted(files, reverse=True), name="shop")

    assert forwards.digest == backwards.digest


def test_no_secret_comes_out(imported) -> None:
    topology, report = imported
    texts = [dumps(topology), "\n".join(report.lines()), repr(topology), repr(report)]

    for text in texts:
        for value in SECRET_VALUES:
            assert value not in text


def test_no_secret_is_in_an_error(write: Write) -> None:
    write({"a.yaml": workload("web", env={"URL": "postgres://u:hunter2@db/x"}, replicas="hunter2")})

    assert "hunter2" not in refusal()


def test_every_dependency_has_its_evidence(imported) -> None:
    topology, _ = imported

    for edge in topology.dependencies:
        for place in edge.evidence:
            line = Path(place.file).read_text(encoding="utf-8").splitlines()[(place.line or 0) - 1]
            assert place.field is not None
            assert line.strip()
