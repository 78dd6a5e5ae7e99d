"""Services: which workload answers to which name, on which ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from novaplan.importers.draft import Note, Port, Protocol, Redirect, Where
from novaplan.importers.kubernetes.index import Index, Selection, labels_of
from novaplan.importers.kubernetes.manifests import Manifest, text_of

_KNATIVE: Final = "serving.knative.dev"
_APP_PROTOCOLS: Final[dict[str, Protocol]] = {
    "http": "http",
    "https": "https",
    "grpc": "grpc",
    "kubernetes.io/h2c": "grpc",
    "kubernetes.io/ws": "websocket",
    "kubernetes.io/wss": "websocket",
    "tcp": "tcp",
}


class Exposure:
    """What Services say about the workloads they select."""

    def __init__(
        self, own_ports: Sequence[Sequence[Port]], index: Index, selection: Selection, notes: list[Note]
    ) -> None:
        self._own_ports = own_ports
        self._ports: dict[int, list[Port]] = defaultdict(list)
        self._hosts: dict[int, list[str]] = defaultdict(list)
        self._places: dict[int, list[Where]] = defaultdict(list)
        self._redirects: list[Redirect] = []
        self._notes = notes
        self._pieces: dict[tuple[str | None, str | None], list[Manifest]] = defaultdict(list)
        for piece in index.of_kind("EndpointSlice"):
            owner = labels_of(piece.metadata.get("labels")).get("kubernetes.io/service-name")
            self._pieces[piece.namespace, owner].append(piece)
        for manifest in index.of_kind("Service"):
            if manifest.group != _KNATIVE:
                self._service(manifest, index, selection)

    def of(self, position: int) -> tuple[tuple[Port, ...], tuple[str, ...], tuple[Where, ...]]:
        """Ports, host names, and the places of the Services of the workload at this position."""
        ports = self._ports[position]
        served = {(port.target or port.port, port.protocol == "udp") for port in ports}
        rest = [port for port in self._own_ports[position] if (port.port, port.protocol == "udp") not in served]
        return (*ports, *rest), tuple(dict.fromkeys(self._hosts[position])), tuple(self._places[position])

    def redirects(self) -> tuple[Redirect, ...]:
        """The names that only stand for others."""
        return tuple(self._redirects)

    def add_host(self, position: int, host: str) -> None:
        """A further name for a workload that no Service here gives it."""
        self._hosts[position].append(host)

    def _service(self, manifest: Manifest, index: Index, selection: Selection) -> None:
        spec = manifest.spec
        external = text_of(spec.get("externalName"))
        if external and text_of(spec.get("type")) == "ExternalName":
            where = manifest.where("spec.externalName")
            self._redirects.append(Redirect(manifest.name, external, where, manifest.namespace))
            return
        selector = labels_of(spec.get("selector"))
        if not selector:
            self._without_selector(manifest, index)
            return
        positions = selection.by_labels(manifest.namespace, selector)
        if not positions:
            message = f"Service {manifest.name} selects no pod here"
            self._notes.append(Note("uncertain", message, manifest.where("spec.selector")))
            for item in manifest.maps(spec, "ports"):
                _number(manifest, item, "port")
        for position in positions:
            self._hosts[position].append(manifest.name)
            self._places[position].append(manifest.where())
            self._ports[position] += self._service_ports(manifest, position)

    def _without_selector(self, manifest: Manifest, index: Index) -> None:
        """Somebody names the addresses by hand: machines outside the cluster."""
        addresses: list[str | None] = []
        endpoints = index.get("Endpoints", manifest.namespace, manifest.name)
        for subset in endpoints.maps(endpoints.value, "subsets") if endpoints else ():
            for address in manifest.maps(subset, "addresses"):
                addresses.append(text_of(address.get("ip")) or text_of(address.get("hostname")))
        for piece in self._pieces.get((manifest.namespace, manifest.name), ()):
            for item in piece.maps(piece.value, "endpoints"):
                addresses += piece.texts(item, "addresses")
        known = [address for address in addresses if address]
        if known:
            self._redirects.append(Redirect(manifest.name, known[0], manifest.where(), manifest.namespace))
        else:
            message = f"Service {manifest.name} has no selector, and no addresses are given for it"
            self._notes.append(Note("uncertain", message, manifest.where()))

    def _service_ports(self, manifest: Manifest, position: int) -> list[Port]:
        own = self._own_ports[position]
        by_name = {port.name: port for port in own if port.name}
        by_number = {port.port: port for port in own}
        kind = text_of(manifest.spec.get("type"))
        found = []
        for item in manifest.maps(manifest.spec, "ports"):
            number = _number(manifest, item, "port")
            if number is None:
                manifest.fail("needs a port", item, None)
            target = item.get("targetPort")
            listens = number if target is None else _target(target, by_name)
            if listens is None:
                message = f"Service {manifest.name}: no container has a port named {target!r}"
                self._notes.append(Note("uncertain", message, manifest.where("spec.ports")))
                listens = number
            behind = by_number.get(listens)
            found.append(
                Port(
                    number,
                    text_of(item.get("name")) or (behind.name if behind else None),
                    listens if listens != number else None,
                    _protocol(item),
                    _published(manifest, item, kind, number),
                )
            )
        return found


def _target(target: Any, by_name: dict[str, Port]) -> int | None:
    if isinstance(target, int) and not isinstance(target, bool):
        return target if 0 < target < 65536 else None
    text = text_of(target) or ""
    if text.isdecimal():
        return int(text[:6]) if 0 < int(text[:6]) < 65536 else None
    return by_name[text].port if text in by_name else None


def _protocol(item: dict[str, Any]) -> Protocol | None:
    if text_of(item.get("protocol")) == "UDP":
        return "udp"
    return _APP_PROTOCOLS.get((text_of(item.get("appProtocol")) or "").lower())


def _published(manifest: Manifest, item: dict[str, Any], kind: str | None, number: int) -> int | None:
    if kind == "LoadBalancer":
        return number
    return _number(manifest, item, "nodePort") if kind == "NodePort" else None


def _number(manifest: Manifest, item: dict[str, Any], key: str) -> int | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:6])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        manifest.fail("should be a number from 1 to 65535", item, key)
    return value
