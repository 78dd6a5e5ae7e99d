"""Importing a large system against merely loading its file with PyYAML's fastest loader, in one run.

A file of 10,000 objects and 20 MB: deployments with what people write into them, their Services and ConfigMaps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from novaplan.importers.kubernetes import import_kubernetes
from novaplan.topology.system import Topology

SYSTEMS = 3_330
NAMESPACES = 20
ROUNDS = 3
NOISE = 1.3
"""What a busy machine may add."""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: svc-{i}
  namespace: ns-{ns}
  labels:
    app: svc-{i}
    app.kubernetes.io/part-of: system
    app.kubernetes.io/managed-by: hand
  annotations:
    description: "service number {i} of a system that was generated to be imported, with a long description"
spec:
  replicas: 3
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      app: svc-{i}
  template:
    metadata:
      labels:
        app: svc-{i}
        version: v1
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
        prometheus.io/path: /metrics
    spec:
      serviceAccountName: svc-{i}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1001
        fsGroup: 1001
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                labelSelector:
                  matchExpressions:
                    - key: app
                      operator: In
                      values:
                        - svc-{i}
                topologyKey: kubernetes.io/hostname
      initContainers:
        - name: wait
          image: busybox:1.36
          command: ["sh", "-c", "until nc -z postgres 5432; do echo waiting; sleep 2; done"]
      containers:
        - name: app
          image: registry.example.net/team-{ns}/svc-{i}:1.{i}.0
          imagePullPolicy: IfNotPresent
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
            - name: metrics
              containerPort: 9090
              protocol: TCP
          envFrom:
            - configMapRef:
                name: svc-{i}
          env:
            - name: LOG_LEVEL
              value: "svc=info,tower_http=warn"
            - name: DATABASE_URL
              value: "postgresql://app:secret@postgres.ns-{ns}.svc.cluster.local:5432/db_{ns}?sslmode=disable"
            - name: PEER_URL
              value: "http://svc-{one}.ns-{one_ns}:8080"
            - name: OTHER_SERVICE_ADDR
              value: "svc-{two}.ns-{two_ns}.svc.cluster.local:8080"
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: FEATURE_A
              value: "true"
            - name: TIMEOUT_MS
              value: "3000"
            - name: MAX_RETRIES
              value: "3"
          resources:
            requests:
              cpu: 250m
              memory: 256Mi
            limits:
              cpu: 1000m
              memory: 512Mi
          livenessProbe:
            httpGet:
              path: /health
              port: http
            initialDelaySeconds: 30
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            initialDelaySeconds: 15
            periodSeconds: 5
          lifecycle:
            preStop:
              exec:
                command: ["/bin/sh", "-c", "sleep 5"]
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
          volumeMounts:
            - name: config
              mountPath: /etc/app
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: config
          configMap:
            name: svc-{i}
        - name: tmp
          emptyDir: {{}}
      terminationGracePeriodSeconds: 30
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: svc-{i}
  namespace: ns-{ns}
  labels:
    app: svc-{i}
    app.kubernetes.io/part-of: system
spec:
  type: ClusterIP
  selector:
    app: svc-{i}
  ports:
    - name: http
      port: 8080
      targetPort: http
      protocol: TCP
    - name: metrics
      port: 9090
      targetPort: metrics
      protocol: TCP
"""

CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: svc-{i}
  namespace: ns-{ns}
data:
  APP_ENV: production
  PORT: "8080"
  DATABASE_POOL_SIZE: "20"
  HTTP_TIMEOUT_MS: "3000"
  CIRCUIT_BREAKER_THRESHOLD: "50"
  application.yaml: |
    server:
      port: 8080
    upstream:
      peer: http://svc-{one}.ns-{one_ns}:8080/api/v1
      timeout: 3s
    logging:
      level: info
      format: json
    text: |
{text}
"""

STORE = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: postgres, namespace: ns-{ns}}}
spec:
  serviceName: postgres
  selector: {{matchLabels: {{app: postgres}}}}
  template:
    metadata: {{labels: {{app: postgres}}}}
    spec:
      containers: [{{name: postgres, image: "postgres:16", ports: [{{containerPort: 5432}}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: postgres, namespace: ns-{ns}}}
spec: {{selector: {{app: postgres}}, ports: [{{port: 5432}}]}}
"""


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file."""
    text = "\n".join(
        f"      line {number} of a text that nobody reads, but that has to be carried along" for number in range(21)
    )
    parts = [STORE.format(ns=space) for space in range(NAMESPACES)]
    for i in range(SYSTEMS):
        one, two = (i * 7 + 20) % SYSTEMS, (i * 13 + 41) % SYSTEMS
        values = {"i": i, "ns": i % NAMESPACES, "one": one, "one_ns": one % NAMESPACES, "text": text}
        values |= {"two": two, "two_ns": two % NAMESPACES}
        parts += [part.format(**values) for part in (DEPLOYMENT, SERVICE, CONFIGURATION)]
    path = tmp_path_factory.mktemp("import") / "system.yaml"
    path.write_text("---\n".join(parts), encoding="utf-8")
    return path


def load(path: Path) -> list[Any]:
    with path.open("rb") as stream:
        return list(yaml.load_all(stream, Loader=yaml.CSafeLoader))


def imported(path: Path) -> Topology:
    return import_kubernetes([path])[0]


def processor_seconds(work: Callable[[Path], Any], path: Path) -> float:
    """The least time that ``work`` keeps a processor busy; other programs on the machine do not count."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work(path)
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.parametrize("work", [imported, load])
def test_time(benchmark: Any, manifests: Path, work: Callable[[Path], Any]) -> None:
    benchmark.group = "10,000 objects"
    benchmark.pedantic(work, args=(manifests,), rounds=ROUNDS, iterations=1)


def test_a_large_file_is_imported_before_pyyaml_has_loaded_it(manifests: Path) -> None:
    topology = imported(manifests)

    assert len(load(manifests)) == 3 * SYSTEMS + 2 * NAMESPACES
    assert manifests.stat().st_size > 18_500_000
    assert len(topology.services) == SYSTEMS
    assert len(topology.datastores) == NAMESPACES
    assert all(edge.evidence[0].line for edge in topology.dependencies)
    assert len({(edge.client, edge.server) for edge in topology.dependencies}) >= 3 * SYSTEMS - 10
    assert processor_seconds(imported, manifests) < processor_seconds(load, manifests)


def test_a_file_twice_as_large_takes_no_more_than_twice_as_long(manifests: Path, tmp_path: Path) -> None:
    documents = manifests.read_text(encoding="utf-8").split("---\n")
    half = tmp_path / "half.yaml"
    half.write_text("---\n".join(documents[: len(documents) // 2]), encoding="utf-8")

    assert processor_seconds(imported, manifests) < processor_seconds(imported, half) * 2 * NOISE
