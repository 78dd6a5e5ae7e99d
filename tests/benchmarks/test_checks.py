"""Checking a folder of 5,000 objects, beside checkov on the same folder in one run, and how time and memory grow.

checkov is no dependency: put it on PATH (``pip install checkov`` in an environment of its own) to compare.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

OBJECTS = (1_250, 2_500, 5_000)
MOST_SHARE = 0.25
"""Of the time that checkov takes."""
MOST_GROWTH = 2.6
"""Of time or memory when the folder doubles, on a busy machine."""

SYSTEM = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: svc-{i}, namespace: ns-{ns}, labels: {{app: svc-{i}}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: svc-{i}}}}}
  template:
    metadata: {{labels: {{app: svc-{i}}}}}
    spec:
      securityContext: {{runAsNonRoot: true}}
      containers:
        - name: app
          image: registry.example/team-{ns}/svc-{i}:1.{i}.0
          ports: [{{name: http, containerPort: 8080}}]
          env:
            - {{name: NEXT_URL, value: "http://svc-{next}.ns-{nextns}:80"}}
            - {{name: DATABASE_PASSWORD, valueFrom: {{secretKeyRef: {{name: svc-{i}, key: password}}}}}}
          envFrom: [{{configMapRef: {{name: svc-{i}}}}}]
          resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{memory: 128Mi}}}}
          readinessProbe: {{httpGet: {{path: /ready, port: http}}}}
          livenessProbe: {{httpGet: {{path: /live, port: http}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: svc-{i}, namespace: ns-{ns}}}
spec: {{selector: {{app: svc-{i}}}, ports: [{{port: 80, targetPort: http}}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: svc-{i}, namespace: ns-{ns}}}
data: {{LOG_LEVEL: info, CACHE_SIZE: "{i}"}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: svc-{i}, namespace: ns-{ns}}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: svc-{i}}}}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: svc-{i}, namespace: ns-{ns}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: svc-{i}}}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 70}}}}}}]
"""
EACH = 5
"""Objects of one system."""
SPACES = 20


def folder(place: Path, objects: int) -> Path:
    """A file for each of the systems."""
    count = objects // EACH
    place.mkdir()
    for i in range(count):
        after = (i + 1) % count
        text = SYSTEM.format(i=i, ns=i % SPACES, next=after, nextns=after % SPACES)
        (place / f"svc-{i}.yaml").write_text(text, encoding="utf-8")
    return place


def spent(command: Sequence[str]) -> tuple[float, int]:
    """Seconds that a command keeps processors busy, its children included, and the most memory it takes, in KiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for behind its back
    busy = usage.ru_utime + usage.ru_stime
    print(f"\n{Path(command[0]).name} {Path(command[-1]).name}: {busy:.1f} s, {usage.ru_maxrss / 1024:.0f} MiB", end="")
    return busy, usage.ru_maxrss


def check(place: Path) -> tuple[float, int]:
    """novaplan as a user runs it."""
    return spent([sys.executable, "-m", "novaplan", "check", "--format", "json", "--fail-on", "never", str(place)])


def test_time_and_memory_grow_with_the_folder(tmp_path: Path) -> None:
    found = [check(folder(tmp_path / str(objects), objects)) for objects in OBJECTS]
    growth = [max(more[0] / fewer[0], more[1] / fewer[1]) for fewer, more in pairwise(found)]
    print(f"\ngrowth when the folder doubles: {', '.join(f'{factor:.2f}' for factor in growth)}")
    assert max(growth) < MOST_GROWTH


def test_takes_a_quarter_of_the_time_of_checkov(tmp_path: Path) -> None:
    checkov = shutil.which("checkov")
    if checkov is None:
        pytest.skip("checkov is not on PATH")
    place = folder(tmp_path / "k8s", OBJECTS[-1])
    ours, _ = check(place)
    theirs, _ = spent([checkov, "--framework", "kubernetes", "--compact", "--quiet", "-d", str(place)])
    print(f"\na share of {ours / theirs:.3f}")
    assert ours < theirs * MOST_SHARE
