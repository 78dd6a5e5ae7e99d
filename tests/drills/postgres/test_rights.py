"""What stands on the running servers is what the topology says: settings, databases, schemas, owners, roles, limits;
and nobody sees what is not theirs, tried over every pair."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from novaplan.topology.system import Topology
from tests.drills.postgres.patroni import Patroni
from tests.drills.processes import eventually
from tests.drills.report import Report

OWNERS = (
    "SELECT nspname, rolname FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner WHERE nspname !~ '^(pg_|inf)'"
)


def schemas(topology: Topology) -> Iterator[tuple[str, str, str]]:
    """Database, schema and the role that owns it."""
    for database in topology.datastore["postgres"].databases:
        for schema in database.schemas:
            assert schema.owner is not None
            yield database.name, schema.name, schema.owner.replace("-", "_")


def test_databases_schemas_and_owners(patroni: Patroni, target: Topology) -> None:
    leader = patroni.wait_whole()
    found = set(patroni.as_superuser(leader, "SELECT datname FROM pg_database").split())
    databases = {database.name for database in target.datastore["postgres"].databases}
    assert found == databases | {"postgres", "template0", "template1"}
    for name in databases:
        owners = dict(line.split("|") for line in patroni.as_superuser(leader, OWNERS, name).splitlines())
        assert owners == {schema: owner for database, schema, owner in schemas(target) if database == name}


def test_roles_have_no_power_and_the_connections_of_their_pools(patroni: Patroni, target: Topology) -> None:
    leader = patroni.wait_whole()
    power = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    question = f"SELECT rolname, {power}, rolconnlimit FROM pg_roles WHERE rolname !~ '^pg_'"
    found = {name: rest for name, *rest in (line.split("|") for line in patroni.as_superuser(leader, question).split())}
    assert [found.pop(name)[0] for name in ("postgres", "replicator", "rewind")] == ["t", "t", "f"]
    pooler = target.datastore["postgres"].connections.pooler
    assert pooler is not None
    clients = {edge.client.replace("-", "_") for edge in target.dependencies if edge.server == "postgres"}
    assert found == {name: ["f", str(pooler.instances * pooler.pool_size)] for name in clients}


def test_a_role_opens_no_more_than_its_limit(patroni: Patroni) -> None:
    leader = patroni.wait_whole()
    patroni.as_superuser(leader, "ALTER ROLE debezium CONNECTION LIMIT 1")
    dsn = patroni.dsn("debezium", "nova_auth", way="primary")
    holder = patroni.house.start("holder", ["psql", "-Xqc", "SELECT pg_sleep(20)", "-d", dsn])
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'debezium'"
    eventually(lambda: patroni.as_superuser(leader, query) == "1", "it is connected", within=10)
    with pytest.raises(OSError, match="too many connections for role"):
        patroni.sql(dsn, "SELECT 1")
    holder.kill()
    apply_again(patroni)
    assert patroni.as_superuser(leader, "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'debezium'") == "50"


def apply_again(patroni: Patroni) -> None:
    """Runs the script as a person does, on the leader."""
    leader = patroni.leader()
    assert leader is not None
    script = patroni.cluster.local(leader, "/etc/patroni/apply.sh")
    done = patroni.house.run(["/bin/sh", script, "by-hand", "primary"])
    assert done.returncode == 0, done.stderr


def test_every_role_sees_its_own_schemas_and_nobody_elses(patroni: Patroni, target: Topology, report: Report) -> None:
    patroni.wait_whole()
    for database, schema, owner in schemas(target):
        dsn = patroni.dsn(owner, database)
        table = f"{schema}.secret"
        statement = f"CREATE TABLE IF NOT EXISTS {table} (word text); INSERT INTO {table} VALUES ('mine')"
        patroni.sql(dsn, statement)
        assert patroni.sql(dsn, f"SELECT DISTINCT word FROM {table}") == "mine"
    tried = 0
    services = {edge.client for edge in target.dependencies if edge.client in target.service}
    roles = {name.replace("-", "_") for name in services if target_role(target, name)}
    for database, schema, owner in schemas(target):
        for role in sorted(roles - {owner}):
            for what in (f"SELECT * FROM {schema}.secret", f"INSERT INTO {schema}.secret VALUES ('x')"):
                with pytest.raises(OSError, match="permission denied"):
                    patroni.sql(patroni.dsn(role, database), what)
            with pytest.raises(OSError, match="permission denied"):
                patroni.sql(patroni.dsn(role, database), f"CREATE TABLE {schema}.intruder ()")
            tried += 1
    report.record(
        "postgres", "rights of every pair of role and schema", note=f"{tried} pairs that must not, none could"
    )
    assert tried >= len(roles)


def target_role(topology: Topology, service: str) -> bool:
    return any(edge.client == service and edge.server == "postgres" for edge in topology.dependencies)


def test_a_reader_reads_and_does_not_write(patroni: Patroni, target: Topology) -> None:
    """The one dependency that only reads."""
    assert any((edge.client, edge.mode) == ("debezium", "reads") for edge in target.dependencies)
    dsn = patroni.dsn("debezium", "nova_auth")
    patroni.sql(patroni.dsn("api_service", "nova_auth"), "CREATE TABLE IF NOT EXISTS later (word text)")
    assert patroni.sql(dsn, "SELECT count(*) FROM public.later") == "0"
    with pytest.raises(OSError, match="permission denied"):
        patroni.sql(dsn, "INSERT INTO public.later VALUES ('x')")
    with pytest.raises(OSError, match="permission denied"):
        patroni.sql(patroni.dsn("debezium", "nova_messaging"), "SELECT 1")


def test_nobody_comes_in_without_the_password(patroni: Patroni) -> None:
    for way in ("pooler", "primary", "replicas"):
        dsn = patroni.dsn("api_service", "nova_auth", way=way).replace(patroni.passwords["api_service"], "guessed")
        with pytest.raises(OSError, match="authentication failed"):
            patroni.sql(dsn, "SELECT 1")
    with pytest.raises(OSError, match="permission denied"):
        patroni.sql(patroni.dsn("api_service", "postgres", way="primary"), "SELECT 1")


def test_a_password_is_changed_by_running_the_script_again(patroni: Patroni) -> None:
    leader = patroni.wait_whole()
    file, old = leader.folder / "passwords" / "debezium", patroni.passwords["debezium"]
    dsn = patroni.dsn("debezium", "nova_auth", way="primary")
    try:
        file.write_text('o\'ther "word" \\ $(id)')
        apply_again(patroni)
        with pytest.raises(OSError, match="authentication failed"):
            patroni.sql(dsn, "SELECT 1")
        new = "'" + file.read_text().replace("\\", "\\\\").replace("'", "\\'") + "'"
        assert patroni.sql(dsn.replace(old, new), "SELECT 1") == "1"
    finally:
        file.write_text(old)
        apply_again(patroni)
    assert patroni.sql(dsn, "SELECT 1") == "1"
    for member in patroni.members:
        text = member.processes["postgres"].output()
        assert "PASSWORD" not in text
        assert not any(word in text for word in patroni.passwords.values())


def test_every_member_runs_with_the_settings(patroni: Patroni, target: Topology) -> None:
    stated = target.datastore["postgres"].connections
    wanted = {
        "max_connections": str(stated.max),
        "superuser_reserved_connections": str(stated.reserved),
        "password_encryption": "scram-sha-256",
        "data_checksums": "on",
        "wal_level": "logical",
        "max_slot_wal_keep_size": "4GB",
        "shared_buffers": "128MB",
    }
    leader = patroni.wait_whole()
    for member in patroni.members:
        found = {name: patroni.as_superuser(member, f"SHOW {name}") for name in wanted}
        assert found == wanted
    slots = patroni.as_superuser(leader, "SELECT slot_name FROM pg_replication_slots WHERE active").split()
    assert sorted(slots) == sorted(pod.name.replace("-", "_") for pod in patroni.members if pod is not leader)
    assert patroni.as_superuser(leader, "SHOW synchronous_standby_names") != ""
