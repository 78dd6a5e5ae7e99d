"""Routes of the target: the same paths, served by what their services became."""

from novaplan.consolidation.work import Work
from novaplan.topology.base import replace
from novaplan.topology.parts import route_address
from novaplan.topology.wiring import Backend, Route


def merge_routes(work: Work) -> list[Route]:
    """Every route of the target."""
    _refuse_lost_gateways(work)
    found: dict[tuple[str, ...], tuple[Route, Route]] = {}
    for route in work.current.routes:
        part = route_address(route)
        if work.retires(part):
            continue
        target = _moved(work, route, part)
        if target is None:
            continue
        work.ledger.record(part, route_address(target))
        first, known = found.setdefault(target.key, (route, target))
        if known.backends != target.backends:
            work.conflicts.add(
                route_address(target),
                f"{route_address(first)} and {part} become one path with different backends",
                f"retire: [{{part: '{part}', reason: ...}}], or routes.host",
            )
    return [target for _, target in found.values()]


def _moved(work: Work, route: Route, part: str) -> Route | None:
    choices = work.policy.routes
    backends = _backends(work, route, part)
    if not backends:
        return None
    changes: dict[str, object] = {"backends": backends, "via": _gateway(work, route)}
    is_http = route.path is not None
    if choices.host is not None and route.host is None and is_http:
        changes["host"] = choices.host
    if choices.tls_secret is not None and is_http:
        changes |= {"tls": True, "tls_secret": choices.tls_secret}
    elif route.tls_secret is not None:
        changes["tls_secret"] = _certificate(work, route)
    return replace(route, **changes)


def _backends(work: Work, route: Route, part: str) -> tuple[Backend, ...]:
    """Weights of backends that became one add up."""
    weights: dict[tuple[str, str], int] = {}
    for backend in route.backends:
        port = work.ports.get((backend.service, backend.port))
        if port is None:
            work.conflicts.add(
                part,
                f"it is served by port {backend.port!r} of {backend.service}, which lands nowhere",
                f"retire: [{{part: '{part}', reason: ...}}], or a port of that name in the current topology",
            )
            continue
        key = (work.group_of[backend.service].name, port)
        weights[key] = weights.get(key, 0) + backend.weight
    return tuple(
        Backend(service=service, port=port, weight=weights[service, port]) for service, port in sorted(weights)
    )


def _gateway(work: Work, route: Route) -> str | None:
    if route.via is None or work.policy.routes.gateway == "ingress":
        return None
    return work.group_of[route.via].name


def _refuse_lost_gateways(work: Work) -> None:
    """A gateway that becomes part of a service forwards nothing any more."""
    if work.policy.routes.gateway == "ingress":
        return
    forwarded: dict[str, list[str]] = {}
    for route in work.current.routes:
        if route.via is not None and len(work.group_of[route.via].members) > 1:
            forwarded.setdefault(route.via, []).append(route_address(route))
    for gateway, routes in sorted(forwarded.items()):
        more = f" and {len(routes) - 1} more" if len(routes) > 1 else ""
        work.conflicts.add(
            f"service:{gateway}",
            f"it becomes part of {work.group_of[gateway].name}, so nothing forwards {min(routes)}{more}",
            "routes.gateway: ingress, or a group of its own for the gateway",
        )


def _certificate(work: Work, route: Route) -> str | None:
    owner = work.current.service[route.backends[0].service]
    secret = work.secret(route.tls_secret or "", owner.namespace)
    return work.secret_places[secret.namespace, secret.name].name if secret else route.tls_secret
