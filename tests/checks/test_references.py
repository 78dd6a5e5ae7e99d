"""Names inside a cluster, and what scripts wait for."""

from pathlib import Path

import pytest

from novaplan import load, render_manifests
from novaplan.checks.cluster import Cluster
from novaplan.checks.gates import gates
from novaplan.checks.reading import described_objects
from novaplan.checks.resolving import Resolver
from novaplan.checks.running import run
from novaplan.importers.kubernetes.manifests import Manifest, manifest_of
from novaplan.importers.kubernetes.sources import read_all


def manifest(kind: str, name: str, spec: dict[str, object], namespace: str | None = "shop") -> Manifest:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return manifest_of({"kind": kind, "apiVersion": "v1", "metadata": metadata, "spec": spec}, "shop.yaml", 1)


def waiting(*command: str, **fields: object) -> Cluster:
    container = {"name": "wait", "image": "busybox:1.36", "command": list(command), **fields}
    spec = {"initContainers": [container], "containers": [{"name": "web", "image": "web:1"}]}
    return Cluster([manifest("Pod", "web", spec)])


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("until nc -z db 5432; do sleep 1; done", [("db", 5432, True)]),
        ("until nc -z -w 2 db.shop 5432; do sleep 1; done", [("db.shop", 5432, True)]),
        ("nc -z db 5432", [("db", 5432, False)]),
        ("while ! pg_isready -h db -p 5433; do sleep 1; done", [("db", 5433, True)]),
        ("until redis-cli -h cache ping; do sleep 1; done", [("cache", None, True)]),
        ("until curl -sf http://stock:8080/ready; do sleep 1; done", [("stock", 8080, True)]),
        ("until (echo > /dev/tcp/db/5432); do sleep 1; done", [("db", 5432, True)]),
        ("until nslookup db.shop.svc.cluster.local; do sleep 1; done", [("db.shop.svc.cluster.local", None, True)]),
        ("for i in $(seq 60); do nc -z db 5432 && exit 0; sleep 1; done; exit 1", [("db", 5432, False)]),
        ("timeout 60 sh -c 'until nc -z db 5432; do sleep 1; done'", [("db", 5432, False)]),
        ("./wait-for-it.sh db:5432 --timeout=60", [("db", 5432, False)]),
        ("until nc -z localhost 80; do sleep 1; done", []),
        ("echo ready", []),
    ],
)
def test_what_a_script_waits_for(script: str, expected: list[tuple[str, int | None, bool]]) -> None:
    found = [(gate.host, gate.port, gate.endless) for gate in gates(waiting("sh", "-c", script))]
    assert found == expected


def test_variables_are_put_in_place() -> None:
    env = [{"name": "DB_HOST", "value": "db"}]
    for written in ('"$DB_HOST"', "$DB_HOST", "${DB_HOST}", "$(DB_HOST)"):
        found = list(gates(waiting("sh", "-c", f"until nc -z {written} 5432; do sleep 1; done", env=env)))
        assert [gate.host for gate in found] == ["db"]


def test_targets_may_be_arguments() -> None:
    found = list(gates(waiting("/wait", "600", "db.shop:5432", "12:30")))
    assert [(gate.host, gate.port) for gate in found] == [("db.shop", 5432)]


SERVICES = [
    manifest("Namespace", "shop", {}, None),
    manifest("Service", "db", {"clusterIP": "None"}),
    manifest("Service", "web", {}, "other"),
]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("db", ("db", "shop", None, True)),
        ("db.shop", ("db", "shop", None, True)),
        ("db.shop.svc", ("db", "shop", None, True)),
        ("db.shop.svc.cluster.local.", ("db", "shop", None, True)),
        ("db-0.db", ("db", "shop", "db-0", True)),
        ("db-0.db.shop", ("db", "shop", "db-0", True)),
        ("db-0.db.shop.svc.cluster.local", ("db", "shop", "db-0", True)),
        ("web.other", ("web", "other", None, True)),
        ("web", ("web", "shop", None, False)),
        ("queue.shop", ("queue", "shop", None, False)),
        ("queue.big-data", ("queue", "big-data", None, False)),
        ("queue.data.svc", ("queue", "data", None, False)),
        ("example.com", None),
        ("api.example.com", None),
        ("xn--bcher-kva.xn--p1ai", None),
    ],
)
def test_names(host: str, expected: tuple[str, str, str | None, bool] | None) -> None:
    answer = Resolver(Cluster(SERVICES)).answer(host, "shop")
    told = answer and (answer.name, answer.namespace, answer.pod, answer.service is not None)
    assert told == expected


def test_datastores_that_are_only_recorded_are_there(tmp_path: Path) -> None:
    render_manifests(load("shop-target")).write(str(tmp_path))
    found = run(described_objects(tuple(read_all([str(tmp_path)], []))), only={"dangling-host"})
    assert found == ()
