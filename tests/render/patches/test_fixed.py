"""What Kubernetes lets nobody change."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.render.patches.fixed import fixed

CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("StatefulSet", {"replicas": 1, "template": 1}, {"replicas": 3, "template": 2}, []),
    ("StatefulSet", {"serviceName": "a"}, {"serviceName": "b"}, ["spec.serviceName"]),
    ("StatefulSet", {}, {"podManagementPolicy": "Parallel"}, ["spec.podManagementPolicy"]),
    ("StatefulSet", {"volumeClaimTemplates": [1]}, {"volumeClaimTemplates": [2]}, ["spec.volumeClaimTemplates"]),
    ("Deployment", {"selector": 1, "replicas": 1}, {"selector": 2, "replicas": 2}, ["spec.selector"]),
    ("DaemonSet", {"template": 1}, {"template": 2}, []),
    ("Job", {"parallelism": 1, "template": {"a": 1}}, {"parallelism": 2, "template": {"a": 2}}, ["spec.template"]),
    ("CronJob", {"schedule": "a"}, {"schedule": "b"}, []),
    ("Pod", {"containers": [{"image": "a"}]}, {"containers": [{"image": "b"}]}, []),
    ("Pod", {"containers": [{"name": "a"}]}, {"containers": [{"name": "b"}]}, ["spec.containers"]),
    ("Service", {"ports": 1, "selector": 1}, {"ports": 2, "selector": 2}, []),
    ("Service", {"clusterIP": "None"}, {}, ["spec.clusterIP"]),
    ("Service", {}, {"clusterIP": "None"}, ["spec.clusterIP"]),
    (
        "PersistentVolumeClaim",
        {"resources": 1, "accessModes": 1},
        {"resources": 2, "accessModes": 2},
        ["spec.accessModes"],
    ),
]


@pytest.mark.parametrize(("kind", "before", "after", "said"), CASES)
def test_specs(kind: str, before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert fixed({"kind": kind, "spec": before}, {"kind": kind, "spec": after}) == said


def test_what_has_no_spec() -> None:
    assert fixed({"kind": "RoleBinding", "roleRef": 1}, {"kind": "RoleBinding", "roleRef": 2}) == ["roleRef"]
    assert fixed({"kind": "Secret"}, {"kind": "Secret", "type": "kubernetes.io/tls"}) == ["type"]
    assert fixed({"kind": "ConfigMap", "data": 1}, {"kind": "ConfigMap", "data": 2}) == []
    assert fixed({"kind": "ConfigMap", "data": 1, "immutable": True}, {"kind": "ConfigMap", "data": 2}) == ["data"]
