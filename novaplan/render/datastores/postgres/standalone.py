"""One PostgreSQL by itself: the topology's own image, with its roles and databases made on an empty volume."""

from __future__ import annotations

import re
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.datastores.postgres import environment, pods
from novaplan.render.datastores.postgres.access import Access
from novaplan.render.datastores.postgres.names import SERVER, SERVER_PORT, SUPERUSER, part
from novaplan.render.datastores.postgres.names import pods as pods_of
from novaplan.render.datastores.postgres.patroni import own_parameters, server_limit
from novaplan.render.datastores.postgres.templates import filled
from novaplan.render.manifests import Manifest, generated
from novaplan.topology.datastore import Datastore

_TAG: Final = re.compile(r"[0-9][-.a-z0-9]{0,30}")
_DATA: Final = "/var/lib/postgresql/data"
_SCRIPTS: Final = "/docker-entrypoint-initdb.d"
_SQL: Final = "/etc/postgres"
_PASSWORDS: Final = "/etc/postgres-passwords"
_RUN: Final = "/var/run/postgresql"
_DEBIAN, _ALPINE = 999, 70
"""User and group ``postgres`` of the official image, by what it is built on."""


def objects(context: Context, datastore: Datastore, access: Access) -> list[Manifest]:
    """ConfigMaps, headless Service, StatefulSet of one."""
    files = configuration(access)
    ports: dict[str, tuple[int, int | str]] = {"postgres": (SERVER_PORT, "postgres")}
    return [
        pods.config_map(context, datastore, part(datastore, "server"), files),
        pods.service(context, datastore, part(datastore, "headless"), pods_of(datastore, SERVER), ports, headless=True),
        _stateful_set(context, datastore, access, files),
    ]


def configuration(access: Access) -> dict[str, str]:
    """The script that the image runs, and the SQL that it is about."""
    return {
        "10-databases.sh": filled(
            "initialise.sh.j2", superuser=SUPERUSER, folder=_SCRIPTS, sql=f"{_SQL}/databases.sql"
        ),
        "databases.sql": filled(
            "databases.sql.j2", own_roles=[], passwords=_PASSWORDS, roles=access.roles, databases=access.databases
        ),
    }


def arguments(datastore: Datastore) -> list[str]:
    """How the server is started; the image's entry point takes them."""
    settings = {
        "max_connections": str(server_limit(datastore)[0]),
        "password_encryption": "scram-sha-256",
        **own_parameters(datastore),
    }
    return ["postgres", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))]


def image(context: Context, datastore: Datastore) -> str:
    """The topology's image, else the official one of the stated version. The registry and tag of the settings are
    those of the system's own services."""
    version = datastore.version if _TAG.fullmatch(datastore.version or "") else "15"
    chosen = context.chosen_image(datastore.name, datastore.name)
    return chosen or datastore.image or f"postgres:{version}"


def user_of(reference: str) -> int:
    """The user of an image: Alpine's tags say that they are."""
    return _ALPINE if re.search(r":[^/]*alpine", reference) else _DEBIAN


def _stateful_set(context: Context, datastore: Datastore, access: Access, files: dict[str, str]) -> Manifest:
    reference = image(context, datastore)
    user = context.program(datastore.name, reference).user or user_of(reference)
    template = pods.template(
        context,
        datastore,
        SERVER,
        [_server(datastore, reference)],
        user=user,
        spread=datastore.spread,
        grace=60,
        volumes=_volumes(datastore, access),
        config=files,
    )
    return pods.stateful_set(
        context,
        datastore,
        datastore.name,
        SERVER,
        governing=part(datastore, "headless"),
        members=1,
        template=template,
        size=datastore.storage,
        marks=generated(volumes=["config", "passwords", "run", "scripts", "shm", "tmp"]),
    )


def _volumes(datastore: Datastore, access: Access) -> list[dict[str, Any]]:
    config = part(datastore, "server")
    scripts = pods.files("scripts", config)
    scripts["configMap"]["items"] = [{"key": "10-databases.sh", "path": "10-databases.sh"}]
    return [
        scripts,
        pods.files("config", config),
        pods.passwords(datastore, [SUPERUSER, *(role.key for role in access.roles)]),
        {"name": "run", "emptyDir": {}},
        {"name": "tmp", "emptyDir": {}},
        pods.memory("shm"),
        *pods.scratch("data", datastore.storage),
    ]


def _server(datastore: Datastore, reference: str) -> dict[str, Any]:
    stated = {item.name for item in datastore.env}
    env = [{"name": "PGDATA", "value": f"{_DATA}/pgdata"}]
    if not {"POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"} & stated:
        env.append({"name": "POSTGRES_PASSWORD_FILE", "value": f"{_PASSWORDS}/{SUPERUSER}"})
    if "POSTGRES_INITDB_ARGS" not in stated:
        env.append({"name": "POSTGRES_INITDB_ARGS", "value": "--data-checksums --auth-host=scram-sha-256"})
    answers = {"exec": {"command": ["pg_isready", "--quiet", "--host=127.0.0.1", f"--port={SERVER_PORT}"]}}
    checks = {
        # The first start makes the databases; a start after a crash replays the log.
        "startupProbe": pods.probe(answers, period=5, timeout=5, failures=120),
        "readinessProbe": pods.probe(answers, period=5, timeout=5),
        "livenessProbe": pods.probe({"tcpSocket": {"port": "postgres"}}, timeout=5),
    }
    found = pods.container(
        datastore.name,
        reference,
        stated=datastore.resources,
        ports={"postgres": SERVER_PORT},
        env=[*env, *environment.variables(datastore, taken=env)],
        probes=checks | environment.probes(datastore, SERVER_PORT),
        mounts={
            "data": _DATA,
            "scripts": _SCRIPTS,
            "config": _SQL,
            "passwords": _PASSWORDS,
            "run": _RUN,
            "tmp": "/tmp",
            "shm": "/dev/shm",
        },
    )
    return {**found, "args": arguments(datastore)}
