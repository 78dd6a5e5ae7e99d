"""Totals at each count of pods, and of shapes that real systems have."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given, settings

from novaplan.capacity.claims.arithmetic import KINDS, shares_of, total
from novaplan.capacity.overview import Overview, document, markdown, text
from novaplan.capacity.ranges import COUNTS, ranges, totals_at
from novaplan.capacity.totals import Amounts
from novaplan.importers.kubernetes import import_kubernetes
from novaplan.topology.service import Autoscaling
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.strategies import topologies

MI = 1 << 20
BOUTIQUE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: frontend}
spec:
  selector: {matchLabels: {app: frontend}}
  template:
    metadata: {labels: {app: frontend}}
    spec:
      containers:
        - name: server
          image: example/frontend:1
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: loader}
spec:
  replicas: 2
  selector: {matchLabels: {app: loader}}
  template:
    metadata: {labels: {app: loader}}
    spec:
      initContainers:
        - {name: wait, image: example/wait:1}
        - name: prepare
          image: example/prepare:1
          resources: {requests: {cpu: 400m, memory: 16Mi}, limits: {cpu: 400m, memory: 16Mi}}
        - name: mesh
          image: example/mesh:1
          restartPolicy: Always
          resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 100m, memory: 64Mi}}
      containers:
        - name: main
          image: example/loader:1
          resources: {requests: {cpu: 300m, memory: 256Mi}, limits: {cpu: 500m, memory: 512Mi}}
        - name: metrics
          image: example/metrics:1
          resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {cpu: 20m, memory: 16Mi}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: loader}
spec: {minReplicas: 1, maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: loader}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 3
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers:
        - name: postgres
          image: postgres:15
          resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {cpu: "1", memory: 1Gi}}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
"""


@pytest.fixture
def boutique(tmp_path) -> Topology:
    file = tmp_path / "boutique.yaml"
    file.write_text(BOUTIQUE)
    return import_kubernetes([file])[0]


def test_an_imported_system(boutique: Topology) -> None:
    """Of the loader: an init container beside the mesh asks for more CPU than what runs then, but for less memory."""
    found = {item.name: item for item in totals_at(boutique).components}
    assert found["frontend"].amounts == Amounts(1, 100, 64 * MI, 200, 128 * MI)
    assert found["loader"].amounts == Amounts(2, 2 * 450, 2 * 296 * MI, 2 * 620, 2 * 592 * MI)
    assert found["store"].amounts == Amounts(3, 750, 1536 * MI, 3000, 3072 * MI, 15 * 1024 * MI)
    assert totals_at(boutique).unknown == ()


def test_at_each_count(boutique: Topology) -> None:
    found = ranges(boutique)
    assert [found.total(count).pods for count in COUNTS] == [5, 6, 9]
    assert [found.total(count).cpu_request_millicores for count in COUNTS] == [1300, 1750, 3100]


def test_an_init_container_that_states_nothing_is_named_and_changes_nothing(boutique: Topology) -> None:
    shown = text([Overview(boutique)])
    assert "loader/wait" in shown
    assert "1750m " in shown


def test_optional_components() -> None:
    """Fourteen to sixteen is such a range: of the target's services five pods, or seven."""
    found = ranges(load("target"))
    services = [item for item in found.at["current"].components if item.kind == "service"]
    assert sum(item.amounts.pods for item in services) == 7
    assert sum(item.amounts.pods for item in services if not item.optional) == 5
    assert found.total("current").pods - found.total("current", optional=False).pods == 2
    assert found.without_optional().total("current") == found.total("current", optional=False)
    assert [
        item["name"] for item in document([Overview(load("target"), optional=False)])["topologies"][0]["components"]
    ][:3] == ["api-service", "realtime-service", "clickhouse"]


@given(topologies())
def test_totals_add_up_and_grow_with_the_count(topology: Topology) -> None:
    found = ranges(topology)
    for at in found.at.values():
        assert at.total == reduce(Amounts.__add__, (item.amounts for item in at.components), Amounts())
        assert at.total == at.required + at.optional
    for service in topology.services:
        low, now, high = (
            next(item.amounts for item in found.at[count].components if item.name == service.name) for count in COUNTS
        )
        scaling = service.autoscaling or Autoscaling(min=1, max=1)
        if service.autoscaling is None or scaling.min <= service.replicas <= scaling.max:
            assert all(
                a <= b <= c
                for a, b, c in zip(low.to_dict().values(), now.to_dict().values(), high.to_dict().values(), strict=True)
            )


@given(topologies())
def test_the_terms_of_a_sum_are_the_total(topology: Topology) -> None:
    for count in COUNTS:
        whole = totals_at(topology, count).total
        for figure in KINDS:
            shares = [
                share for part in (*topology.services, *topology.datastores) for share in shares_of(part, figure, count)
            ]
            assert total(shares) == getattr(whole, figure)


@settings(max_examples=25)
@given(topologies())
def test_every_topology_can_be_shown(topology: Topology) -> None:
    both = [Overview(topology, "all"), Overview(topology, optional=False)]
    assert max(map(len, text(both).splitlines())) <= 80
    assert markdown(both).startswith("### Side by side")
    assert [item["name"] for item in document(both)["topologies"]] == [topology.name] * 2
