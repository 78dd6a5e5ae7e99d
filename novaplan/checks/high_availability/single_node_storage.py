"""What is spread over nodes has volumes that exist on more than one node.

Class ``hostpath`` is that of Docker Desktop and MicroK8s, ``local-path`` that of k3s and kind: a volume is a folder
of one machine. A pod follows its volume to that node and nowhere else, so losing it loses the data and the member.
Where the class exists on a single-node cluster only (``hostpath``), a required anti-affinity by host leaves every pod
but one pending.
Source: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath and
https://github.com/rancher/local-path-provisioner
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Workload, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "warning"
_OF_ONE_NODE = ("hostpath", "docker.io/hostpath", "microk8s-hostpath", "k8s.io/minikube-hostpath")
_LOCAL = ("local-path", *_OF_ONE_NODE)
_HOSTNAME = "kubernetes.io/hostname"


def objects(cluster: Cluster) -> Iterator[Found]:
    """StatefulSets whose claims name such a class."""
    for item in cluster.workloads:
        manifest = item.manifest
        for claim in manifest.maps(manifest.spec, "volumeClaimTemplates") if manifest.kind == "StatefulSet" else ():
            spec = manifest.map(claim, "spec")
            name = text_of(spec.get("storageClassName")) or ""
            if name in _LOCAL:
                yield from _of(item, manifest, name, spec)


def _of(item: Workload, manifest: Manifest, name: str, spec: dict[str, Any]) -> Iterator[Found]:
    where = place(manifest, spec, "storageClassName")
    remedy = "name a class whose volumes outlive a node, or leave the class out and use the cluster's default"
    rules = manifest.map(manifest.map(item.spec, "affinity"), "podAntiAffinity")
    required = manifest.maps(rules, "requiredDuringSchedulingIgnoredDuringExecution")
    if item.replicas > 1 and name in _OF_ONE_NODE and any(rule.get("topologyKey") == _HOSTNAME for rule in required):
        text = (
            f"asks for {item.replicas} nodes by its anti-affinity and for volumes of class {name}, which single-node "
            f"clusters have: there 1 of {item.replicas} pods is scheduled, and elsewhere the claims stay pending"
        )
        yield Found(item.label, text, remedy, where, "error")
    else:
        text = (
            f"class {name} keeps its volume on one node: when that is lost the pod cannot move, and its data are lost"
        )
        yield Found(item.label, text, remedy, where)
