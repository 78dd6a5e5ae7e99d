"""Everything around one PostgreSQL, and what others need to know of it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed, server_password, server_secret
from novaplan.render.datastores.postgres import etcd, limits, members, names, patroni, pods, pooler, standalone
from novaplan.render.datastores.postgres.access import Role, access, database_of, login_role
from novaplan.render.endpoints import datastore_endpoint
from novaplan.render.manifests import Manifest
from novaplan.render.workloads.scaling import budget
from novaplan.render.workloads.variables import hidden_secret, is_hidden
from novaplan.topology import parts
from novaplan.topology.datastore import Datastore, Patroni
from novaplan.topology.wiring import Dependency

_OWN: Final = {
    names.SUPERUSER: "password of the superuser, who only comes in from inside the pod",
    names.REPLICATION: "password with which replicas follow the leader",
    names.REWIND: "password with which a former leader becomes a replica again",
}

_PASSWORD: Final = "POSTGRES_PASSWORD"


def objects(context: Context, datastore: Datastore) -> list[Manifest]:
    """Everything that runs ``datastore``, in the order it is applied. Raises DatabaseNameError, and PostgresError
    where it could not run."""
    limits.check(context, datastore)
    rights = access(context, datastore)
    deployment = datastore.deployment
    found: list[Manifest] = []
    if isinstance(deployment, Patroni):
        if deployment.etcd is not None:
            found += etcd.objects(context, datastore, deployment.etcd)
        found += members.objects(context, datastore, rights)
    else:
        found += standalone.objects(context, datastore, rights)
    found += _budget(context, datastore)
    if datastore.connections.pooler is not None:
        found += pooler.objects(context, datastore, datastore.connections.pooler, rights)
    return [*found, *_services(context, datastore)]


def warnings(context: Context, datastore: Datastore) -> list[str]:  # noqa: ARG001
    """What runs, with a risk that somebody should know of: one line each."""
    return list(limits.warnings(datastore))


def _budget(context: Context, datastore: Datastore) -> list[Manifest]:
    """The stated disruption budget; a replicated one without loses a member at a time."""
    stated = datastore.disruption_budget
    if stated is None and not names.replicated(datastore):
        return []
    amounts = {"maxUnavailable": 1} if stated is None else budget(stated)
    made = pods.budget(context, datastore, names.SERVER, datastore.name, amounts, generated=stated is None)
    return [made]


def _services(context: Context, datastore: Datastore) -> list[Manifest]:
    """The Services that clients use."""
    own, primary, replicas = datastore.name, names.part(datastore, "primary"), names.part(datastore, "replicas")
    outside = datastore.port or names.SERVER_PORT
    server, front = names.pods(datastore, names.SERVER), names.pods(datastore, names.POOLER)
    pooled, replicated = datastore.connections.pooler is not None, names.replicated(datastore)
    # Where each way leads: pods and the name of their port.
    if names.proxied(datastore):
        before = front if pooled else server
        ways = {primary: (before, "primary"), replicas: (before, "replicas")}
    elif replicated:
        leader, follower = ({**server, patroni.ROLE_LABEL: role} for role in _ROLES)
        ways = {primary: (leader, "postgres"), replicas: (follower, "postgres")}
    else:
        ways = {primary: (server, "postgres")}
    ways = {own: (front, names.POOLER) if pooled else ways[primary], **(ways if pooled or replicated else {})}
    return [
        pods.service(context, datastore, name, where, {"postgres": (outside, port)}, generated=name != own)
        for name, (where, port) in ways.items()
    ]


_ROLES: Final = (patroni.LEADER, patroni.REPLICA)


def needs(context: Context, datastore: Datastore) -> list[SecretNeed]:
    """The Secret with the passwords of every role."""
    own = _OWN if names.replicated(datastore) else {names.SUPERUSER: _OWN[names.SUPERUSER]}
    keys = [Key(name, purpose, _password(datastore, name)) for name, purpose in own.items()]
    for role in access(context, datastore).roles:
        keys.append(Key(role.key, f"password of the role {role.name}", _password(datastore, role.key)))
    address = parts.address("datastore", datastore.name)
    namespace = context.namespace(datastore)
    found = [SecretNeed(server_secret(datastore.name), namespace, tuple(keys), generated_for=address)]
    if any(item.name == _PASSWORD and is_hidden(item) for item in datastore.env):
        # The official image gives it to the superuser.
        same = Key(_PASSWORD, _OWN[names.SUPERUSER], _password(datastore, names.SUPERUSER))
        found.append(SecretNeed(hidden_secret(datastore.name), namespace, (same,), generated_for=address))
    return found


def _password(datastore: Datastore, key: str) -> str:
    return "{" + server_password(datastore.name, key) + "}"


def login(context: Context, datastore: Datastore, *, service: str, database: str | None, seen_from: str | None) -> str:
    """The address with which ``service`` logs in, its password by name."""
    endpoint = datastore_endpoint(context, datastore, seen_from)
    assert endpoint is not None  # PostgreSQL has a usual port
    edges = [edge for edge in context.edges_from.get(service, ()) if edge.server == datastore.name]
    edge = next((edge for edge in edges if edge.database == database), edges[0] if edges else None)
    edge = edge or Dependency(client=service, server=datastore.name, mode="writes", database=database)
    name = database or database_of(context, datastore, edge)
    role = Role(login_role(context, datastore, service, name), service, None)
    where = f"{endpoint.host}:{endpoint.port}/{quote(name, safe='')}"
    return f"postgres://{quote(role.name, safe='')}:{_password(datastore, role.key)}@{where}"


def client_config(context: Context, datastore: Datastore, *, seen_from: str | None) -> dict[str, str]:  # noqa: ARG001
    """Nothing: a client knows one address, and whoever leads is behind it."""
    return {}


def egress_ports(datastore: Datastore) -> tuple[int, ...]:
    """The ports of its pods that clients connect to."""
    found: set[int] = set()
    if datastore.connections.pooler is not None:
        found.add(names.POOLER_PORT)
    found |= {names.PRIMARY_PORT, names.REPLICAS_PORT} if names.proxied(datastore) else {names.SERVER_PORT}
    return tuple(sorted(found))
