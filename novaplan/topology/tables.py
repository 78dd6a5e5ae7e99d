"""A topology at a glance, as tables."""

from novaplan.errors import one_line
from novaplan.quantity import format_bytes
from novaplan.tables import Table
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency


def overview(topology: Topology) -> list[Table]:
    """What is in a topology: services, datastores, externals, dependencies, routes and secrets; empty ones are left
    out."""
    tables = [
        Table(
            "Services",
            ("name", "role", "framework", "namespace", "replicas", "ports", "tier"),
            tuple(_service(service) for service in topology.services),
        ),
        Table(
            "Datastores",
            ("name", "kind", "deployment", "members", "storage", "holds"),
            tuple(_datastore(store) for store in topology.datastores),
        ),
        Table(
            "Externals",
            ("name", "kind", "addresses"),
            tuple((item.name, item.kind, item.addresses) for item in topology.externals),
        ),
        Table(
            "Dependencies",
            ("client", "mode", "server", "details"),
            tuple((edge.client, edge.mode, edge.server, details(edge)) for edge in topology.dependencies),
        ),
        Table(
            "Routes",
            ("host", "path", "via", "served by"),
            tuple(
                (
                    route.host or "*",
                    route.path or f":{route.listen}",
                    route.via or "ingress",
                    tuple(
                        f"{backend.service}:{backend.port}" + ("" if backend.weight == 100 else f" {backend.weight}%")
                        for backend in route.backends
                    ),
                )
                for route in topology.routes
            ),
        ),
        Table(
            "Secrets",
            ("namespace", "name", "keys"),
            tuple((item.namespace, item.name, tuple(key.name for key in item.keys)) for item in topology.secrets),
        ),
        Table(
            "Not modelled",
            ("kind", "namespace", "name"),
            tuple((item.kind, item.namespace, item.name) for item in topology.unmodelled),
        ),
    ]
    return [table for table in tables if table.rows]


def summary(topology: Topology) -> str:
    """One line: what a topology is called and how much is in it."""
    counted = (
        ("service", len(topology.services)),
        ("datastore", len(topology.datastores)),
        ("external", len(topology.externals)),
        ("dependency", len(topology.dependencies)),
        ("route", len(topology.routes)),
        ("secret", len(topology.secrets)),
    )
    return f"{one_line(topology.name)}: " + ", ".join(f"{count} {plural(noun, count)}" for noun, count in counted)


def plural(noun: str, count: int) -> str:
    """``noun`` as it stands after ``count``."""
    if count == 1:
        return noun
    return noun.removesuffix("y") + "ies" if noun.endswith("cy") else noun + "s"


def html_overview(topology: Topology) -> str:
    """The tables of ``overview`` for a notebook."""
    import html

    return f"<p>{html.escape(summary(topology))}</p>" + "".join(table.html() for table in overview(topology))


def details(edge: Dependency) -> str:
    """What a dependency uses of its server, and how: ``shop (public, audit), pool 20``."""
    found = []
    if edge.database:
        found.append(edge.database + (f" ({', '.join(edge.schemas)})" if edge.schemas else ""))
    if edge.logical_db is not None:
        found.append(f"DB {edge.logical_db}")
    if edge.topic:
        found.append(edge.topic)
    if edge.group:
        found.append(f"group {edge.group}")
    if edge.port:
        found.append(f"port {edge.port}")
    if edge.pool:
        found.append(f"pool {edge.pool.max}")
    if edge.possible:
        found.append("only possible")
    return ", ".join(found)


def _service(service: Service) -> tuple[object, ...]:
    scaling = service.autoscaling
    replicas = f"{service.replicas} ({scaling.min}-{scaling.max})" if scaling else str(service.replicas)
    name = f"{service.name} (optional)" if service.optional else service.name
    ports = tuple(port.port for port in service.ports)
    return (name, service.role, service.framework, service.namespace, replicas, ports, service.startup.tier)


def _datastore(store: Datastore) -> tuple[object, ...]:
    holds = [database.name for database in store.databases]
    holds += [f"DB {logical_db.index}" for logical_db in store.logical_dbs]
    holds += [topic.name for topic in store.topics]
    storage = format_bytes(store.storage) if store.storage is not None else None
    return (store.name, store.kind, store.deployment.type, store.members, storage, tuple(holds))
