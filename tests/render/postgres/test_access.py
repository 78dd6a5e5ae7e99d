"""Who may do what follows from the topology and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from novaplan.render.context import Context
from novaplan.render.datastores.postgres import login, login_role, needs
from novaplan.render.datastores.postgres.access import Access, DatabaseNameError, access
from novaplan.render.render import render_manifests
from novaplan.render.selection import without
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology
from tests.render.examples import system
from tests.render.postgres.examples import POOLER, shop
from tests.strategies import topologies


def rights(context: Context) -> Access:
    return access(context, context.topology.datastore["db"])


def schema(context: Context, name: str, database: str = "shop") -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    (held,) = (item for item in rights(context).databases if item.name == database)
    (found,) = (item for item in held.schemas if item.name == name)
    return found.owner, found.readers, found.writers


def test_owners_own_and_a_dependency_gives_exactly_what_it_says() -> None:
    found = shop()
    assert schema(found, "public") == ("orders", (), ())
    assert schema(found, "bills") == ("billing", ("report",), ())
    (database,) = rights(found).databases
    assert (database.owner, database.roles) == ("orders", ("billing", "orders", "report"))
    assert database.search_paths() == {"orders": ["public"], "billing": ["bills"], "report": ["bills"]}


@pytest.mark.parametrize("mode", ["writes", "calls"])
def test_any_other_mode_writes(mode: str) -> None:
    edges = [{"client": "report", "server": "db", "mode": mode, "database": "shop", "schemas": ["bills", "public"]}]
    assert schema(shop(edges=edges), "bills") == ("billing", (), ("report",))
    assert schema(shop(edges=edges), "public") == ("orders", (), ("report",))


def test_writing_includes_reading() -> None:
    edge = {"client": "report", "server": "db", "database": "shop", "schemas": ["bills"]}
    both = [{**edge, "mode": "reads"}, {**edge, "mode": "writes"}]
    assert schema(shop(edges=both), "bills") == ("billing", (), ("report",))


def test_a_dependency_without_schemas_means_the_own_ones_or_else_all() -> None:
    edges = [{"client": name, "server": "db", "mode": "reads", "database": "shop"} for name in ("billing", "report")]
    assert schema(shop(edges=edges), "bills") == ("billing", ("report",), ())
    assert schema(shop(edges=edges), "public") == ("orders", ("report",), ())


def test_a_dependency_that_is_only_possible_gives_nothing() -> None:
    edges = [{"client": "report", "server": "db", "mode": "writes", "database": "shop", "possible": True}]
    (database,) = rights(shop(edges=edges)).databases
    assert database.roles == ("billing", "orders")


def test_a_database_that_only_a_dependency_names_belongs_to_its_only_client() -> None:
    edges = [{"client": "report", "server": "db", "mode": "writes", "database": "numbers"}]
    assert schema(shop(edges=edges), "public", "numbers") == ("report", (), ())
    both = [*edges, {**edges[0], "client": "orders"}]
    assert schema(shop(edges=both), "public", "numbers") == ("postgres", (), ("orders", "report"))


@pytest.mark.parametrize(
    ("edge", "databases", "name"),
    [
        ({"database": "other"}, ["shop"], "other"),
        ({}, ["shop"], "shop"),
        ({}, ["mine", "shop"], "mine"),
        ({}, [], "postgres"),
    ],
)
def test_the_database_of_a_login(edge: dict[str, Any], databases: list[str], name: str) -> None:
    stated = [{"name": item, "owner": "report" if item == "mine" else None} for item in databases]
    context = shop({"databases": stated}, [{"client": "report", "server": "db", "mode": "writes", **edge}])
    store = context.topology.datastore["db"]
    url = login(context, store, service="report", database=None, seen_from="data")
    assert url == f"postgres://report:{{db/report}}@db:5432/{name}"
    assert name in {item.name for item in rights(context).databases}


def test_a_login_from_elsewhere_with_odd_names() -> None:
    edges = [{"client": "report", "server": "db", "mode": "writes", "database": "a/b?", "user": "who@{x}:"}]
    context = shop({"port": 6000}, edges)
    (role,) = (item for item in rights(context).roles if item.client == "report")
    url = login(context, context.topology.datastore["db"], service="report", database="a/b?", seen_from=None)
    assert url == f"postgres://who%40%7Bx%7D%3A:{{db/{role.key}}}@db.data:6000/a%2Fb%3F"
    assert role.key.startswith("role-")


def test_a_stated_user_is_what_a_client_logs_in_as_and_may_be_shared() -> None:
    edge = {"server": "db", "mode": "writes", "database": "shop", "user": "app"}
    found = shop(edges=[{**edge, "client": "orders"}, {**edge, "client": "billing"}])
    assert schema(found, "public") == ("app", (), ())
    assert [role.name for role in rights(found).roles] == ["app"]


@pytest.mark.parametrize("user", ["postgres", "replicator", "rewind", "public", "pg_monitor", "boss"])
def test_no_client_becomes_one_of_the_servers_own_roles(user: str) -> None:
    edges = [{"client": "orders", "server": "db", "mode": "writes", "database": "shop", "user": user}]
    context = shop({"env": [{"name": "POSTGRES_USER", "value": "boss"}]}, edges)
    assert login_role(context, context.topology.datastore["db"], "orders", "shop") == f"{user}_"


def test_connections_are_those_of_the_pools_or_of_the_clients() -> None:
    limits = {role.name: role.connections for role in rights(shop()).roles}
    # One pod and, while it is replaced, a second one; what billing opens is not stated.
    assert limits == {"orders": 10, "billing": None, "report": None}
    pooled = {role.name: role.connections for role in rights(shop({"connections": {"pooler": POOLER}})).roles}
    assert pooled == dict.fromkeys(("orders", "billing", "report"), 14)


@pytest.mark.parametrize(
    ("databases", "message"),
    [
        ([{"name": "é" * 32}], "database 'éééééééééééééééééééééééééééééééé' is longer than the 63 bytes"),
        ([{"name": "shop", "schemas": [{"name": "pg_mine"}]}], "schema 'pg_mine' is one of PostgreSQL's own"),
        ([{"name": "template1"}], "database 'template1' is PostgreSQL's pattern"),
        ([{"name": "pgbouncer"}], "database 'pgbouncer' means something else to the pooler"),
    ],
)
def test_names_that_cannot_be_are_told(databases: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(DatabaseNameError, match=message):
        rights(shop({"databases": databases, "connections": {"pooler": POOLER}}, []))


def test_what_is_switched_off_keeps_its_data() -> None:
    """Whoever is left gets no more than it had, and what is switched on again finds everything as it was."""
    whole = system("target")
    store = whole.datastore["postgres"]
    off = Settings(disabled=("streaming-service",))
    chosen = Context(without(whole, off.disabled), off, whole=whole)
    assert access(chosen, chosen.topology.datastore["postgres"]) == access(Context(whole, Settings()), store)
    made = render_manifests(whole, off).files["postgres-ha-statefulset.yaml"].text
    assert 'ALTER SCHEMA "streaming" OWNER TO "streaming_service"' in made


@settings(max_examples=60, deadline=None)
@given(topologies())
def test_nobody_gets_more_than_an_edge_or_ownership_gives(topology: Topology) -> None:
    context = Context(topology, Settings())
    for store in topology.datastores:
        if store.kind != "postgres" or not context.runs(store):
            continue
        try:
            found = access(context, store)
        except DatabaseNameError:
            continue
        keys = [role.key for role in found.roles]
        assert len(set(keys)) == len(keys)
        assert {key.name for need in needs(context, store) for key in need.keys} >= set(keys)
        edges = [edge for edge in topology.dependencies if edge.server == store.name and not edge.possible]
        for database in found.databases:
            for item in database.schemas:
                assert item.owner not in (*item.readers, *item.writers)
                assert not set(item.readers) & set(item.writers)
                for role in (*item.readers, *item.writers):
                    mine = [e for e in edges if login_role(context, store, e.client, database.name) == role]
                    assert any(not edge.schemas or item.name in edge.schemas for edge in mine)
                    assert role in database.roles


def test_clients_that_name_no_database_share_one() -> None:
    """Two services of one imported system that speak of no database mean the same one: the image's own."""
    edges = [{"client": name, "server": "db", "mode": "writes"} for name in ("orders", "billing")]

    def names(*more: dict[str, Any], **store: Any) -> list[str]:
        return [item.name for item in rights(shop({"databases": [], **store}, [*edges, *more])).databases]

    assert names() == ["postgres"]
    assert names(env=[{"name": "POSTGRES_USER", "value": "boss"}]) == ["boss"]
    assert names(env=[{"name": "POSTGRES_USER", "value": "boss"}, {"name": "POSTGRES_DB", "value": "x"}]) == ["x"]
    other = {"client": "report", "server": "db", "mode": "writes", "database": "numbers"}
    assert names(other) == ["numbers"]
    assert names(other, {**other, "database": "more"}) == ["more", "numbers", "postgres"]
    (shared,) = rights(shop({"databases": []}, edges)).databases
    assert (shared.owner, shared.roles) == (None, ("billing", "orders"))
