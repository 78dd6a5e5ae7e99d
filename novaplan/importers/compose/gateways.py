"""Gateways that learn from docker what they serve: the labels and variables of the services stand for their routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from novaplan.importers.compose.merging import by_key
from novaplan.importers.compose.nodes import Field, Node
from novaplan.importers.compose.notes import Notes
from novaplan.importers.draft import Wait, Where, Workload

Finder = Callable[[Workload, Node], Where | None]
"""Where a service asks to be served; None when it does not."""


def with_served(units: list[Workload], services: dict[str, Node], notes: Notes) -> list[Workload]:
    """The workloads, where each gateway depends on the services that ask it to serve them."""
    found = list(units)
    for images, asks in _GATEWAYS:
        gateways = [unit for unit in found if _base_name(unit.containers[0].image) in images]
        for gateway in gateways:
            served = {unit.name: asks(unit, services[unit.name]) for unit in units if unit.name != gateway.name}
            waits = tuple(Wait(name, where, ordered=False) for name, where in served.items() if where is not None)
            found[found.index(gateway)] = replace(gateway, waits=(*gateway.waits, *waits))
        if len(gateways) > 1:
            names = ", ".join(gateway.name for gateway in gateways)
            notes.uncertain(f"which of {names} serves which service is not told; each was taken to serve all that ask")
    return found


def _base_name(image: str | None) -> str:
    """``docker.io/library/traefik:v3@sha256:...`` is ``traefik``."""
    return (image or "").partition("@")[0].rpartition("/")[2].partition(":")[0]


def _labels(unit: Workload, node: Node) -> list[tuple[str, Field]]:
    labels = Field(node, f"services.{unit.name}").get("labels")
    return list(by_key(labels).items()) if labels else []


def _asks_traefik(unit: Workload, node: Node) -> Where | None:
    places = []
    for key, field in _labels(unit, node):
        if key == "traefik.enable" and field.value is not None and field.text().lower() == "false":
            return None
        if key == "traefik.enable" or (key.startswith("traefik.") and (".routers." in key or ".rule" in key)):
            places.append(field.where)
    return places[-1] if places else None


def _asks_caddy(unit: Workload, node: Node) -> Where | None:
    return next((field.where for key, field in _labels(unit, node) if key == "caddy" or key.startswith("caddy_")), None)


def _asks_nginx_proxy(unit: Workload, node: Node) -> Where | None:  # noqa: ARG001 - the variables tell it all
    wanted = ("VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS")
    return next((item.where for item in unit.containers[0].settings if item.name in wanted and item.text), None)


_GATEWAYS: Final[tuple[tuple[tuple[str, ...], Finder], ...]] = (
    (("traefik",), _asks_traefik),
    (("caddy-docker-proxy",), _asks_caddy),
    (("nginx-proxy",), _asks_nginx_proxy),
)
