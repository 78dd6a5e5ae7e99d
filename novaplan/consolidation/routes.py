"""Routes of the target: the same paths, served by what their services became."""

from novaplan.consolidation.conflicts import flow, retirement
from novaplan.consolidation.ports import port_of
from novaplan.consolidation.work import Work, own_address, secret_id
from novaplan.topology.base import replace
from novaplan.topology.parts import address, route_address
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
        if target.key not in found:
            found[target.key] = (route, target)
            continue
        first, known = found[target.key]
        found[target.key] = (first, replace(known, declared=()))
        if replace(known, declared=()) != replace(target, declared=()):
            work.conflicts.add(
                route_address(target),
                f"{route_address(first)} and {part} become one, and do not say the same",
                retirement(part),
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
        changes["tls_secret"] = _certificate(work, route, route.tls_secret, part)
    return replace(route, **changes)


def _backends(work: Work, route: Route, part: str) -> tuple[Backend, ...]:
    """Weights of backends that became one add up."""
    weights: dict[tuple[str, str], int] = {}
    for backend in route.backends:
        port = _port(work, backend, part)
        if port is not None:
            key = (work.group_of[backend.service].name, port)
            weights[key] = weights.get(key, 0) + backend.weight
    return tuple(
        Backend(service=service, port=port, weight=weights[service, port]) for service, port in sorted(weights)
    )


def _port(work: Work, backend: Backend, part: str) -> str | None:
    """The name of a backend's port in the target. One that its service does not declare keeps its name, unless another
    member could have a port of that name."""
    service, group = work.current.service[backend.service], work.group_of[backend.service]
    known = next((port for port in service.ports if port.name == backend.port), None)
    if known is None and backend.port.isdigit():
        known = port_of(service, int(backend.port))
    if known is not None:
        target = work.ports.get((service.name, known.name))
        if target is None:
            message = f"it is served by port {backend.port!r} of {service.name}, which is retired"
            work.conflicts.add(part, message, retirement(part))
            return None
        return target.name if backend.port == known.name else str(target.port)
    if len(group.members) > 1 and all(port.name != backend.port for port in group.settings.ports):
        work.conflicts.add(
            part,
            f"it is served by port {backend.port!r}, which {service.name} does not declare",
            f"groups[{group.name}].settings.ports: [{{name: {flow(backend.port)}, port: ...}}]",
        )
    return backend.port


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
            address("service", gateway),
            f"it becomes part of {work.group_of[gateway].name}, so nothing forwards {min(routes)}{more}",
            "routes.gateway: ingress",
        )


def _certificate(work: Work, route: Route, name: str, part: str) -> str:
    owner = work.current.service[route.backends[0].service]
    secret = work.secret(name, owner.namespace)
    if secret is None:
        return name
    target = work.secret_names[secret_id(secret)]
    living = (work.namespaces[work.group_of[owner.name].name], target) in work.secret_keys
    if own_address(secret) in work.retired and not living:
        work.conflicts.add(part, f"its certificate {name} is retired", "routes.tls_secret: ...")
    return target
