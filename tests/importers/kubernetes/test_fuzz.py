"""Whatever is handed over, it is imported or refused in one line for each problem; nothing else comes out."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novaplan.documents import writer
from novaplan.errors import NovaplanError
from novaplan.importers.addresses.wordlist import word_list
from novaplan.importers.kubernetes import import_kubernetes
from novaplan.topology.storage import dumps, loads
from tests.importers.kubernetes.helpers import running, service, store
from tests.importers.kubernetes.test_round_trip import shop

WORDS = st.sampled_from(
    [
        "web",
        "db",
        "redis",
        "80",
        "8080",
        "0",
        "-1",
        "true",
        "",
        "a_b",
        "A.B",
        "http://web:80",
        "postgres://u:p@db/x",
        "$(X)",
        "*",
        "x" * 70,
    ]
)
SCALARS = st.one_of(
    WORDS, st.integers(-5, 70000), st.booleans(), st.none(), st.floats(allow_nan=False), st.text(max_size=12)
)
KEYS = st.sampled_from(
    sorted(
        word_list(
            "metadata spec template containers initContainers name namespace env envFrom value valueFrom",
            "configMapKeyRef secretKeyRef key image ports port containerPort targetPort protocol selector",
            "matchLabels app labels data stringData replicas minReplicas maxReplicas scaleTargetRef resources",
            "limits requests cpu memory rules http paths path backend service number volumes volumeMounts",
            "mountPath subPath configMap secret items projected sources affinity readinessProbe httpGet exec",
            "command args minAvailable maxUnavailable type externalName subsets addresses ip tls hosts hostnames",
            "matches backendRefs weight",
        )
    )
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
KINDS = st.sampled_from(
    sorted(
        word_list(
            "Deployment StatefulSet CronJob Job Pod Service ConfigMap Secret Ingress HTTPRoute",
            "HorizontalPodAutoscaler List Namespace PodDisruptionBudget Endpoints EndpointSlice",
            "PersistentVolumeClaim Rollout Strange",
        )
    )
)
OBJECTS = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from(["v1", "apps/v1", "x/v1"]),
        "kind": KINDS,
        "metadata": TREES | st.just({"name": "web"}),
    },
    optional={"spec": TREES, "data": TREES, "stringData": TREES, "items": TREES, "subsets": TREES, "endpoints": TREES},
)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SEEDS = [
    running("web", env={"DB_URL": "postgres://u:p@db/x", "R": {"secretKeyRef": {"name": "s", "key": "k"}}}),
    running("db", 5432, image="postgres:16"),
    store("Secret", "s", {"k": "redis://redis/1"}),
    service("x", type="ExternalName", externalName="web"),
    *shop().values(),
]


def survives(path: Path) -> None:
    """Import ``path``: a topology that round-trips, or an expected error."""
    try:
        topology, report = import_kubernetes([path])
    except NovaplanError:
        return
    assert loads(dumps(topology)) == topology
    assert all("\n" not in line for line in report.lines())


@FEW
@given(st.lists(OBJECTS, min_size=1, max_size=4))
def test_objects_of_any_shape(tmp_path: Path, objects: list[Any]) -> None:
    file = tmp_path / "a.yaml"
    try:
        file.write_text(
            writer.dump_all([*objects, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}]),
            encoding="utf-8",
        )
    except (ValueError, TypeError):
        return
    survives(file)


@FEW
@given(st.integers(0, 10**9))
def test_manifests_with_pieces_swapped_and_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lines = [line for text in chance.sample(SEEDS, 4) for line in ["---", *text.splitlines()]]
    for _ in range(chance.randrange(1, 12)):
        position = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[position]
            case 1:
                lines[position] = (
                    lines[position].partition(":")[0]
                    + ": "
                    + chance.choice(["[]", "{}", "null", "-7", "x", "'*'", "1e9"])
                )
            case 2:
                lines.insert(position, chance.choice(lines))
            case 3:
                lines[position] = lines[position].replace("name", chance.choice(["nmae", "kind", "spec"]))
            case _:
                lines[position] = lines[position][: chance.randrange(len(lines[position]) + 1)]
        lines = lines or ["---"]
    file = tmp_path / "a.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    survives(file)


@FEW
@given(TREES, st.lists(TREES, max_size=3))
def test_kustomizations_of_any_shape(tmp_path: Path, tree: Any, patches: list[Any]) -> None:
    fields = {
        "resources": ["web.yaml"],
        "patches": [{"patch": "", "target": {"kind": "Deployment"}}],
        "images": tree,
        "labels": tree,
    }
    body = fields | {"configMapGenerator": tree, "replicas": tree, "namespace": "shop"}
    try:
        fields["patches"] = [{"patch": writer.dump(patch), "target": {"kind": "Deployment"}} for patch in patches]
        (tmp_path / "kustomization.yaml").write_text(
            writer.dump(body | {"patches": fields["patches"]}), encoding="utf-8"
        )
    except (ValueError, TypeError):
        return
    (tmp_path / "web.yaml").write_text(SEEDS[0], encoding="utf-8")
    survives(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{env: [{name: A}], name: 3}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: x, labels: 3}, spec: {containers: [{}]}}",
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {selector: {a: [1]}, ports: [{port: 1}]}}",
        "{apiVersion: v1, kind: Secret, metadata: {name: ' '}, data: {' ': 1}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: '...'}, spec: {containers: [{image: ':'}]}}",
    ],
)
def test_what_fuzzing_found(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    survives(file)
