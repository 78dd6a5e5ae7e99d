"""What stands beside a server in its pod is part of what a member takes."""

from __future__ import annotations

from pathlib import Path

from novaplan.capacity.totals import totals
from novaplan.importers.kubernetes import import_kubernetes

MANIFEST = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache}
spec:
  replicas: 2
  serviceName: cache
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      initContainers:
        - {name: wait, image: "busybox:1"}
      containers:
        - name: redis
          image: redis:7
          resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {cpu: 500m, memory: 512Mi}}
        - name: exporter
          image: oliver006/redis_exporter:v1
          resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
"""


def test_a_member_takes_what_its_whole_pod_takes(tmp_path: Path) -> None:
    (tmp_path / "cache.yaml").write_text(MANIFEST)

    topology, _ = import_kubernetes([tmp_path])

    total = totals(topology).total
    assert (total.pods, total.cpu_request_millicores, total.cpu_limit_millicores) == (2, 300, 1400)
    assert total.memory_request_bytes == 2 * (256 + 64) << 20


def test_what_a_sentinel_takes_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "cache.yaml").write_text(MANIFEST.replace("exporter", "sentinel", 1))

    topology, _ = import_kubernetes([tmp_path])
    (store,) = topology.datastores
    total = totals(topology).total

    assert (store.resources.requests.cpu, store.resources.limits.cpu) == (100, 500)
    assert store.deployment.type == "sentinel"
    assert (store.deployment.sentinel_resources.requests.cpu, store.deployment.sentinel_resources.limits.cpu) == (
        50,
        200,
    )
    assert (total.pods, total.cpu_request_millicores, total.cpu_limit_millicores) == (2, 300, 1400)
