"""Redis, alone or with replicas that Sentinels fail over.

``shape`` names everything, ``limits`` refuses what could not run, ``configuration`` makes the ConfigMap with
redis.conf, sentinel.conf and the scripts of ``templates``, ``workloads`` and ``services`` the objects around it. What
it looks like follows what was measured when servers of that version were killed.
"""

from __future__ import annotations

from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed, server_password
from novaplan.render.datastores.redis import configuration, limits, services, workloads
from novaplan.render.datastores.redis.shape import PASSWORD_KEY, Shape
from novaplan.render.endpoints import MASTER_NAME, SENTINEL_PORT, datastore_endpoint
from novaplan.render.manifests import Manifest
from novaplan.topology import parts
from novaplan.topology.datastore import Datastore, Sentinel


def objects(context: Context, datastore: Datastore) -> list[Manifest]:
    """Everything that runs ``datastore``, in the order it is applied. Raises RedisError where it could not run."""
    shape = Shape(context, datastore)
    limits.check(shape)
    config = configuration.config_map(shape)
    return [config, *services.objects(shape), *workloads.objects(shape, config)]


def warnings(context: Context, datastore: Datastore) -> list[str]:
    """What runs, with a risk that somebody should know of: one line each."""
    return list(limits.warnings(Shape(context, datastore)))


def needs(context: Context, datastore: Datastore) -> list[SecretNeed]:
    """The Secret with the password, which servers, Sentinels and clients share."""
    shape, namespace = Shape(context, datastore), context.namespace(datastore)
    address = parts.address("datastore", datastore.name)
    recipe = "{" + server_password(datastore.name) + "}"
    password = Key(PASSWORD_KEY, "password of Redis, its replicas and its Sentinels", recipe)
    return [SecretNeed(shape.secret, namespace, (password,), generated_for=address)]


def login(
    context: Context,
    datastore: Datastore,
    *,
    service: str,  # noqa: ARG001  # every kind of datastore is asked alike; here all clients are one user
    index: int | None,
    seen_from: str | None,
) -> str:
    """The recipe of the URL by which a client in namespace ``seen_from`` opens logical DB ``index``.

    With Sentinels the scheme says so, as fred (Rust) and Lettuce (Java) read it; each has its own word for the name of
    the master. The redis crate and others that take no such URL are told by ``client_config``.
    """
    endpoint = datastore_endpoint(context, datastore, seen_from)
    assert endpoint is not None  # a Redis always has a port
    password = "{" + server_password(datastore.name) + "}"
    place = f":{password}@{endpoint.host}:{endpoint.port}/{index or 0}"
    if not isinstance(datastore.deployment, Sentinel):
        return f"redis://{place}"
    names = f"sentinelServiceName={MASTER_NAME}&sentinelMasterId={MASTER_NAME}"
    return f"redis-sentinel://{place}?{names}&sentinelPassword={password}"


def client_config(context: Context, datastore: Datastore, *, seen_from: str | None) -> dict[str, str]:  # noqa: ARG001
    """Variables by which a client follows the master: every Sentinel, and what they call it. They begin with the
    datastore's name. Nothing for a single server, whose address says all."""
    shape = Shape(context, datastore)
    if shape.sentinel is None:
        return {}
    domain = context.full_host(shape.sentinel_headless, context.namespace(datastore))
    prefix = datastore.name.upper().replace("-", "_")
    if not prefix[0].isalpha():
        prefix = f"REDIS_{prefix}"
    return {
        f"{prefix}_SENTINELS": ",".join(f"{pod}.{domain}:{SENTINEL_PORT}" for pod in shape.sentinel_pods),
        f"{prefix}_SENTINEL_MASTER": MASTER_NAME,
    }


def egress_ports(datastore: Datastore) -> tuple[int, ...]:
    """The ports of its pods that clients connect to: the server's, and the Sentinels' that name the master."""
    port = datastore.port or 6379
    return (port, SENTINEL_PORT) if isinstance(datastore.deployment, Sentinel) else (port,)
