"""Network policies as plain values: who may connect to which ports of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from novaplan.render.context import Context, address_of
from novaplan.render.manifests import Manifest, manifest, selector, without_absent
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Service

Transport = Literal["TCP", "UDP"]
Socket = tuple[Transport, int]
"""A port of a pod."""

NAMESPACE: Final = "kubernetes.io/metadata.name"
"""The label that Kubernetes itself gives every namespace: its name."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Pods, by their labels and where they run; or machines by their address."""

    labels: tuple[tuple[str, str], ...] = ()
    """None means all pods there."""
    namespace: str | None = None
    """None means the namespace of the policy, unless ``anywhere``."""
    anywhere: bool = False
    """In whatever namespace they are."""
    cidr: str | None = None

    def body(self) -> dict[str, Any]:
        """The peer as a policy has it."""
        if self.cidr is not None:
            return {"ipBlock": {"cidr": self.cidr}}
        spaces: dict[str, Any] | None = {"matchLabels": {NAMESPACE: self.namespace}} if self.namespace else None
        pods = {"matchLabels": dict(self.labels)} if self.labels else None
        spaces = {} if self.anywhere else spaces
        return without_absent({"namespaceSelector": spaces, "podSelector": pods}) or {"podSelector": {}}


@dataclass(frozen=True, slots=True)
class Rule:
    """That some peers and some ports may meet; no peers means everybody."""

    peers: tuple[Peer, ...]
    sockets: tuple[Socket, ...] = ()
    """None means every port."""


def peer(context: Context, component: Service | Datastore, *, seen_from: str | None, part: str | None = None) -> Peer:
    """The pods of a component, or of a ``part`` of it, for a policy in namespace ``seen_from``."""
    labels = tuple(selector(component.name, part).items())
    if isinstance(component, Datastore) and not context.runs(component):
        # Somebody else runs it, nobody says where; its pods are known by the label that everybody gives them.
        return Peer(labels, anywhere=True)
    own = context.namespace(component)
    return Peer(labels, own if own != seen_from else None, anywhere=own is None and seen_from is not None)


def tcp(*ports: int) -> tuple[Socket, ...]:
    """TCP ports."""
    return tuple(("TCP", port) for port in sorted(set(ports)))


def policy(
    context: Context,
    owner: Service | Datastore,
    name: str,
    *,
    pods: Mapping[str, str],
    ingress: Iterable[Rule] = (),
    egress: Iterable[Rule] = (),
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """A policy for the ``pods`` of ``owner``: what neither it nor another one lets through stays out."""
    return network_policy(
        name,
        context.namespace(owner),
        labels=context.labels(owner.name),
        pods=pods,
        generated_for=address_of(owner),
        ingress=tuple(ingress),
        egress=tuple(egress),
        annotations=annotations,
    )


def network_policy(
    name: str,
    namespace: str | None,
    *,
    labels: Mapping[str, str],
    pods: Mapping[str, str],
    generated_for: str,
    ingress: Sequence[Rule] | None = None,
    egress: Sequence[Rule] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """A NetworkPolicy object. A direction that is None is none of its business."""
    directions = {"Ingress": ingress, "Egress": egress}
    spec = {
        "podSelector": {"matchLabels": dict(pods)} if pods else {},
        "policyTypes": [name for name, rules in directions.items() if rules is not None],
        "ingress": [_body(rule, "from") for rule in _joined(ingress)] or None if ingress is not None else None,
        "egress": [_body(rule, "to") for rule in _joined(egress)] or None if egress is not None else None,
    }
    return manifest(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        name,
        namespace=namespace,
        labels=labels,
        annotations=annotations,
        generated_for=generated_for,
        spec=without_absent(spec),
    )


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """``rules`` with those of the same ports made one, in an order of their own."""
    found: dict[tuple[bool, tuple[Socket, ...]], set[Peer]] = {}
    for rule in rules:
        found.setdefault((not rule.peers, rule.sockets), set()).update(rule.peers)
    made = [Rule(tuple(sorted(peers, key=_order)), sockets) for (_, sockets), peers in found.items()]
    return sorted(made, key=lambda rule: ([_order(one) for one in rule.peers], rule.sockets))


def _order(one: Peer) -> tuple[str, ...]:
    return (one.namespace or "", one.cidr or "", str(one.anywhere), *(text for pair in one.labels for text in pair))


def _body(rule: Rule, direction: str) -> dict[str, Any]:
    peers = [one.body() for one in rule.peers] or None
    ports = [{"protocol": transport, "port": number} for transport, number in rule.sockets] or None
    return without_absent({direction: peers, "ports": ports})
