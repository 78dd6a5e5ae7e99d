"""What NetworkPolicies let through, between the pods that are known here.

A pod that no policy selects for a direction is open in it; one that is selected gets through what any of those policies
allows. Addresses (``ipBlock``) are taken to allow, since which address a pod has is not known.
Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final, Literal

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.resolving import container_ports
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE, Labels, is_matched, labels_of
from novaplan.importers.kubernetes.manifests import Manifest, text_of

Direction = Literal["Ingress", "Egress"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("Ingress", "Egress")
DNS: Final = 53
DNS_NAMESPACE: Final = "kube-system"
_OWN_NAME: Final = "kubernetes.io/metadata.name"


class Policies:
    """The policies of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._spaces: dict[str, Labels] = defaultdict(dict)
        for item in cluster.of_kind("Namespace"):
            self._spaces[item.name] = labels_of(item.metadata.get("labels"))
        self._selecting: dict[tuple[int, Direction], list[Manifest]] = defaultdict(list)
        for policy in cluster.of_kind("NetworkPolicy"):
            for workload in cluster.selected_by(policy.namespace, policy.map(policy.spec, "podSelector")):
                for direction in _directions(policy):
                    self._selecting[id(workload), direction].append(policy)

    def isolates(self, workload: Workload, direction: Direction) -> list[Manifest]:
        """The policies that select a pod for a direction; none: it is open."""
        return self._selecting.get((id(workload), direction), [])

    def barrier(self, client: Workload, server: Workload, port: int | None) -> str:
        """Which side keeps ``client`` from a port of the pods of ``server``; empty when it gets through."""
        leaving = self.isolates(client, "Egress")
        if leaving and not any(self._lets(policy, "Egress", server, server, port) for policy in leaving):
            return f"no policy lets {client.label} out to it ({_named(leaving)})"
        coming = self.isolates(server, "Ingress")
        if coming and not any(self._lets(policy, "Ingress", client, server, port) for policy in coming):
            return f"no policy of {server.label} lets it in ({_named(coming)})"
        return ""

    def resolves(self, workload: Workload) -> bool:
        """Whether a pod that may call anybody may also ask for names."""
        rules = [
            (policy, rule)
            for policy in self.isolates(workload, "Egress")
            for rule in policy.maps(policy.spec, "egress")
        ]
        return not rules or any(self._is_dns(policy, rule) for policy, rule in rules)

    def _is_dns(self, policy: Manifest, rule: dict[str, Any]) -> bool:
        ports, peers = policy.maps(rule, "ports"), policy.maps(rule, "to")
        if ports and not any(item.get("port") in (None, DNS, "dns") for item in ports):
            return False
        system = self._labels(DNS_NAMESPACE)
        return not peers or any(
            item.get("ipBlock") is not None
            or (
                item.get("namespaceSelector") is not None
                and _matches(policy.map(item, "namespaceSelector"), system, unknown=True)
            )
            for item in peers
        )

    def _lets(self, policy: Manifest, direction: Direction, peer: Workload, server: Workload, port: int | None) -> bool:
        side = "to" if direction == "Egress" else "from"
        for rule in policy.maps(policy.spec, direction.lower()):
            peers = policy.maps(rule, side)
            if peers and not any(self._is_peer(policy, item, peer) for item in peers):
                continue
            ports = policy.maps(rule, "ports")
            if not ports or port is None or any(_is_port(item, server, port) for item in ports):
                return True
        return False

    def _is_peer(self, policy: Manifest, item: dict[str, Any], workload: Workload) -> bool:
        if item.get("ipBlock") is not None:
            return True
        if item.get("namespaceSelector") is None:
            if workload.namespace != (policy.namespace or DEFAULT_NAMESPACE):
                return False
        elif not _matches(policy.map(item, "namespaceSelector"), self._labels(workload.namespace)):
            return False
        return _matches(policy.map(item, "podSelector"), workload.labels)

    def _labels(self, namespace: str) -> Labels:
        return {**self._spaces[namespace], _OWN_NAME: namespace}


def _directions(policy: Manifest) -> list[Direction]:
    stated = policy.texts(policy.spec, "policyTypes")
    if stated:
        return [direction for direction in DIRECTIONS if direction in stated]
    return ["Ingress", "Egress"] if policy.spec.get("egress") is not None else ["Ingress"]


def _named(policies: list[Manifest]) -> str:
    return ", ".join(sorted(policy.name for policy in policies))


def _is_port(item: dict[str, Any], server: Workload, port: int) -> bool:
    stated = item.get("port")
    if stated is None:
        return True
    if isinstance(stated, int):
        last = item.get("endPort")
        return stated <= port <= (last if isinstance(last, int) else stated)
    return (text_of(stated), port) in container_ports(server)


def _matches(selector: dict[str, Any], labels: Labels, *, unknown: bool = False) -> bool:
    """Whether labels are selected; ``unknown`` ones that are not here may be any."""
    wanted = labels_of(selector.get("matchLabels"))
    if any(labels.get(key) != value for key, value in wanted.items() if not unknown or key in labels):
        return False
    stated = selector.get("matchExpressions")
    expressions = stated if isinstance(stated, list) else []
    return all(is_matched(labels, item) for item in expressions if isinstance(item, dict))
