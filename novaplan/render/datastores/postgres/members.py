"""The members of a PostgreSQL that Patroni runs: a StatefulSet with Patroni as the first process of each pod."""

from __future__ import annotations

from typing import Any, Final

from novaplan.capacity.totals import proxy_of
from novaplan.render.context import Context
from novaplan.render.datastores.postgres import environment, patroni, pods, proxy
from novaplan.render.datastores.postgres.access import Access
from novaplan.render.datastores.postgres.limits import member_image
from novaplan.render.datastores.postgres.names import (
    REPLICATION,
    REST_PORT,
    REWIND,
    SERVER,
    SERVER_PORT,
    SUPERUSER,
    part,
)
from novaplan.render.datastores.postgres.names import pods as pods_of
from novaplan.render.datastores.postgres.templates import filled
from novaplan.render.manifests import Manifest, generated, without_absent
from novaplan.topology.datastore import Datastore, Patroni
from novaplan.topology.service import Resources

KEYS: Final = {"SUPERUSER": SUPERUSER, "REPLICATION": REPLICATION, "REWIND": REWIND}
"""Patroni's words for its own roles, and the roles."""
_PASSWORDS: Final = "/etc/postgres-passwords"
_GRACE: Final = 90
"""Seconds to hand over and to write everything down; a leader that is killed instead keeps its lease."""
_HUNG: Final = 10
"""Seconds left to a Patroni that no longer answers: its server goes on taking writes, whoever leads by then."""


def objects(context: Context, datastore: Datastore, access: Access) -> list[Manifest]:
    """ConfigMap, headless Service, StatefulSet; and the account where Patroni talks to the Kubernetes API."""
    deployment = datastore.deployment
    assert isinstance(deployment, Patroni)
    name = part(datastore, "headless")
    ports = {"postgres": (SERVER_PORT, "postgres"), "patroni": (REST_PORT, "patroni")}
    files = configuration(context, datastore, access)
    found = [
        pods.config_map(context, datastore, part(datastore, "server"), files),
        pods.service(context, datastore, name, pods_of(datastore, SERVER), ports, headless=True),
        _stateful_set(context, datastore, access, files),
    ]
    return [*(account(context, datastore) if deployment.etcd is None else ()), *found]


def configuration(context: Context, datastore: Datastore, access: Access) -> dict[str, str]:
    """The files of a member."""
    own_roles = [
        {"name": SUPERUSER, "key": SUPERUSER, "options": "LOGIN SUPERUSER", "connects": False},
        {"name": REPLICATION, "key": REPLICATION, "options": "LOGIN REPLICATION", "connects": False},
        {"name": REWIND, "key": REWIND, "options": "LOGIN", "connects": True},
    ]
    files = {
        "patroni.yml": patroni.configuration(context, datastore),
        "apply.sh": filled(
            "apply.sh.j2",
            folder=patroni.FOLDER,
            bin_dir=context.settings.tools.patroni_bin_dir,
            socket=patroni.RUN,
            port=SERVER_PORT,
            superuser=SUPERUSER,
        ),
        "databases.sql": filled(
            "databases.sql.j2",
            own_roles=own_roles,
            passwords=_PASSWORDS,
            roles=access.roles,
            databases=access.databases,
        ),
    }
    if _beside(datastore) is not None:
        files[proxy.FILE] = proxy.configuration(context, datastore)
    return files


def account(context: Context, datastore: Datastore) -> list[Manifest]:
    """What Patroni may do in its namespace when the lease is kept in ConfigMaps."""
    name = part(datastore, "patroni")
    group = "rbac.authorization.k8s.io"
    namespace = context.namespace(datastore)
    rules = [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "verbs": ["create", "get", "list", "patch", "update", "watch", "delete", "deletecollection"],
        },
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "patch", "update", "watch"]},
    ]
    subject = without_absent({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    reference = {"apiGroup": group, "kind": "Role", "name": name}
    return [
        context.object("v1", "ServiceAccount", name, datastore, generated=True, automountServiceAccountToken=False),
        context.object(f"{group}/v1", "Role", name, datastore, generated=True, rules=rules),
        context.object(
            f"{group}/v1", "RoleBinding", name, datastore, generated=True, roleRef=reference, subjects=[subject]
        ),
    ]


def _beside(datastore: Datastore) -> Resources | None:
    """What the proxy in a member's pod takes; it is in the pooler's where there is one."""
    return None if datastore.connections.pooler is not None else proxy_of(datastore)


def _stateful_set(context: Context, datastore: Datastore, access: Access, files: dict[str, str]) -> Manifest:
    deployment = datastore.deployment
    assert isinstance(deployment, Patroni)
    tools = context.settings.tools
    beside = _beside(datastore)
    containers = [_server(context, datastore, deployment)]
    own: dict[str, list[str]] = {"volumes": ["config", "passwords", "run", "shm"]}
    if beside is not None:
        containers.append(proxy.container(context, datastore, beside, volume="config", pause=5))
        own["containers"] = [proxy.name(datastore)]
    template = pods.template(
        context,
        datastore,
        SERVER,
        containers,
        user=tools.patroni_user,
        group=tools.patroni_group,
        spread=datastore.spread,
        grace=_GRACE,
        volumes=[
            pods.files("config", part(datastore, "server")),
            pods.passwords(datastore, [*KEYS.values(), *(role.key for role in access.roles)]),
            {"name": "run", "emptyDir": {}},
            # Parallel queries share memory here; a container's own is 64Mi.
            pods.memory("shm"),
            *pods.scratch("data", datastore.storage),
        ],
        # Whom a new cluster follows is read once: no member restarts when it is no longer said.
        config=files | {"patroni.yml": patroni.configuration(context, datastore, follows=False)},
        account=part(datastore, "patroni") if deployment.etcd is None else None,
    )
    return pods.stateful_set(
        context,
        datastore,
        datastore.name,
        SERVER,
        governing=part(datastore, "headless"),
        members=deployment.members,
        template=template,
        size=datastore.storage,
        marks=generated(**own),
    )


def _server(context: Context, datastore: Datastore, deployment: Patroni) -> dict[str, Any]:
    env = [pods.field("POD_NAME", "metadata.name")]
    if deployment.etcd is None:
        env += [pods.field("POD_IP", "status.podIP"), pods.field("POD_NAMESPACE", "metadata.namespace")]
    env += [{"name": name, "value": value} for name, value in patroni.variables(context, datastore).items()]
    env += [pods.password(f"PATRONI_{word}_PASSWORD", datastore, key) for word, key in KEYS.items()]
    asks = {"httpGet": {"path": "/liveness", "port": "patroni"}}
    alive = pods.probe(asks, timeout=5) | {"initialDelaySeconds": 30, "terminationGracePeriodSeconds": _HUNG}
    # Ready is whoever can be read from: to ask for the leader would leave the others out of every disruption budget.
    ready = pods.probe({"httpGet": {"path": "/readiness", "port": "patroni"}}, timeout=5)
    stated = environment.probes(datastore, SERVER_PORT)
    return pods.container(
        datastore.name,
        member_image(context, datastore),
        stated=datastore.resources,
        command=["patroni", f"{patroni.FOLDER}/patroni.yml"],
        ports={"postgres": SERVER_PORT, "patroni": REST_PORT},
        env=[*env, *environment.variables(datastore, taken=env)],
        probes={"livenessProbe": alive, "readinessProbe": ready} | stated,
        mounts={
            "data": patroni.DATA,
            "config": patroni.FOLDER,
            "passwords": _PASSWORDS,
            "run": patroni.RUN,
            "shm": "/dev/shm",
        },
        # Spilo's image writes beside its volumes.
        read_only=False,
    )
