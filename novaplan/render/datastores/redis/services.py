"""The Services of a Redis."""

from __future__ import annotations

from typing import Any

from novaplan.render.datastores.redis.shape import SENTINEL, SERVER, Shape
from novaplan.render.datastores.redis.workloads import REDIS
from novaplan.render.endpoints import SENTINEL_PORT, sentinel_service
from novaplan.render.manifests import Manifest, selector


def objects(shape: Shape) -> list[Manifest]:
    """Names for the pods, and where clients knock.

    A single server answers under the datastore's own name. With Sentinels that name leads to any server that is ready,
    so it is for reading: a replica refuses to write (``READONLY``), and nothing is lost or scattered. Who writes asks
    the Sentinels for the master; their Service has ``-sentinel`` behind the name.
    """
    redis, sentinel = _port(REDIS, shape.port), _port(SENTINEL, SENTINEL_PORT)
    beside = shape.sentinel is not None and not shape.separate
    found = [
        _service(shape, shape.headless, SERVER, [redis, *([sentinel] if beside else [])], headless=True),
        _service(shape, shape.name, SERVER, [redis], made=False),
    ]
    if shape.sentinel is not None:
        found.append(_service(shape, sentinel_service(shape.datastore), shape.sentinel_role, [sentinel]))
    if shape.separate:
        found.append(_service(shape, shape.sentinel_headless, SENTINEL, [sentinel], headless=True))
    return found


def _port(name: str, port: int) -> dict[str, Any]:
    return {"name": name, "port": port, "targetPort": name, "appProtocol": "redis" if name == REDIS else "tcp"}


def _service(
    shape: Shape, name: str, role: str, ports: list[dict[str, Any]], *, headless: bool = False, made: bool = True
) -> Manifest:
    # Servers and Sentinels find each other before they are ready.
    first = {"clusterIP": "None", "publishNotReadyAddresses": True} if headless else {}
    spec = {**first, "selector": selector(shape.name, role), "ports": ports}
    return shape.context.object("v1", "Service", name, shape.datastore, generated=made, spec=spec)
