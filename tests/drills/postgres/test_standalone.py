"""One PostgreSQL by itself, made by the rendered script and SQL; and names that try to be more than names.

The image's entry point is not here: what it does to an empty volume is done in its place, with its variables.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from novaplan.render.context import Context
from novaplan.render.credentials import server_secret
from novaplan.render.datastores import postgres
from novaplan.render.datastores.postgres.access import access
from novaplan.render.settings import Settings
from novaplan.topology.datastore import Datastore
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.drills.postgres.pods import Cluster, Pod
from tests.drills.processes import Servers, eventually, program, servers
from tests.golden_files import ROOT


@dataclass
class Standalone:
    """The pod, and how to talk to its server."""

    cluster: Cluster
    pod: Pod
    context: Context
    datastore: Datastore
    passwords: dict[str, str]

    @property
    def house(self) -> Servers:
        return self.cluster.house

    def local(self, path: str) -> str:
        return self.cluster.local(self.pod, path)

    def begin(self) -> None:
        """What the image's entry point does: initdb, the server, the scripts."""
        container = self.pod.spec["containers"][0]
        env = self.cluster.variables(self.pod, container)
        for volume in self.pod.spec["volumes"]:
            for name, text in self.cluster.files(volume):
                self.house.write(f"{self.pod.name}/{volume['name']}/{name}", self.local(text), mode=0o755)
        words = [program("initdb"), "--username=postgres", f"--pwfile={env['POSTGRES_PASSWORD_FILE']}"]
        done = self.house.run([*words, *env["POSTGRES_INITDB_ARGS"].split(), env["PGDATA"]])
        assert done.returncode == 0, done.stderr
        # The image listens everywhere and has its socket where its programs look for it.
        where = (
            "-c",
            f"listen_addresses={self.pod.address}",
            "-c",
            f"unix_socket_directories={self.pod.folder / 'run'}",
        )
        first, *rest = container["args"]
        hba = self.pod.folder / "data" / "pgdata" / "pg_hba.conf"
        hba.write_text(hba.read_text() + "host all all all scram-sha-256\n")
        self.house.start("server", [program(first), *rest, "-D", env["PGDATA"], *where])
        ready = [program("pg_isready"), "-h", self.pod.address]
        eventually(lambda: self.house.run(ready).returncode == 0, "the server answers", within=20)
        self.apply()

    def apply(self) -> None:
        """Runs the script, with the variables it finds in the image."""
        script = self.local("/docker-entrypoint-initdb.d/10-databases.sh")
        done = self.house.run(["/bin/sh", script], env={"PGHOST": str(self.pod.folder / "run")})
        assert done.returncode == 0, done.stderr

    def sql(self, role: str, key: str, database: str, statement: str) -> str:
        env = {"PGHOST": self.pod.address, "PGUSER": role, "PGPASSWORD": self.passwords[key], "PGDATABASE": database}
        done = self.house.run([program("psql"), "-Xqv", "ON_ERROR_STOP=1", "-Atc", statement], env=env)
        if done.returncode:
            raise OSError(done.stderr.strip())
        return done.stdout.strip()


@contextlib.contextmanager
def running(topology: Topology, name: str) -> Iterator[Standalone]:
    context = Context(topology, Settings())
    datastore = topology.datastore[name]
    (need,) = postgres.needs(context, datastore)
    passwords = {key.name: secrets.token_hex(8) for key in need.keys}
    with servers("standalone") as house:
        cluster = Cluster(house, postgres.objects(context, datastore), {server_secret(name): passwords})
        made = Standalone(cluster, cluster.pods[f"{name}-0"], context, datastore, passwords)
        made.begin()
        yield made


def test_todays_server_has_its_database_and_lets_each_service_do_its_part() -> None:
    with running(load(ROOT / "topologies" / "current.yaml"), "postgres") as server:
        server.apply()  # a second time changes nothing
        server.sql("user_service", "user_service", "nova_auth", "CREATE TABLE users (id serial, name text)")
        server.sql("auth_service", "auth_service", "nova_auth", "INSERT INTO users (name) VALUES ('a')")
        assert server.sql("debezium", "debezium", "nova_auth", "SELECT name FROM users") == "a"
        for role in ("auth_service", "debezium"):
            with pytest.raises(OSError, match="permission denied"):
                server.sql(role, role, "nova_auth", "CREATE TABLE mine ()")
        with pytest.raises(OSError, match="permission denied"):
            server.sql("debezium", "debezium", "nova_auth", "DELETE FROM users")
        assert server.sql("postgres", "postgres", "postgres", "SHOW data_checksums") == "on"
        assert server.sql("postgres", "postgres", "postgres", "SHOW max_connections") == "100"


ODD = (
    "o'x\"$(id)`id`",
    "\\;DROP",
    "a=b",
    ":'password'",
    "postgresql://x",
    "%I",
    "é\\'",
    '"',
    "--x",
    "{{7*7}}",
    "CamelCase",
)


def odd_topology() -> Topology:
    """Every odd name as a database, with all of them as schemas, and as a user."""
    services = [f"s{number}" for number in range(len(ODD))]
    databases: list[dict[str, Any]] = [
        {"name": name, "owner": owner, "schemas": [{"name": item, "owner": owner} for item in ODD]}
        for name, owner in zip(ODD, services, strict=True)
    ]
    edges = [
        {"client": owner, "server": "db", "mode": "writes", "database": name, "user": f"u{name}"}
        for name, owner in zip(ODD, services, strict=True)
    ]
    edges.append({"client": "s1", "server": "db", "mode": "reads", "database": ODD[0], "schemas": [ODD[2]]})
    return Topology.model_validate(
        {
            "services": [{"name": name} for name in services],
            "datastores": [{"name": "db", "kind": "postgres", "databases": databases}],
            "dependencies": edges,
        }
    )


def test_odd_names_are_names_and_nothing_else() -> None:
    with running(odd_topology(), "db") as server:
        rights = access(server.context, server.datastore)
        keys = {role.name: role.key for role in rights.roles}
        found = server.sql("postgres", "postgres", "postgres", "SELECT datname FROM pg_database").splitlines()
        assert set(found) == {*ODD, "postgres", "template0", "template1"}
        for database in rights.databases:
            owner = database.owner
            assert owner is not None
            held = server.sql(owner, keys[owner], database.name, "SELECT nspname FROM pg_namespace").splitlines()
            assert {*ODD, "public"} <= set(held)
            server.sql(owner, keys[owner], database.name, "CREATE TABLE t (); SELECT 1")
        reader = next(role.name for role in rights.roles if role.client == "s1")
        path = server.sql(reader, keys[reader], ODD[0], "SHOW search_path")
        assert path == '"a=b"'
        with pytest.raises(OSError, match="permission denied"):
            server.sql(reader, keys[reader], ODD[3], "SELECT 1")
