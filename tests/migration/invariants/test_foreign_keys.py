from __future__ import annotations

from typing import Any

import pytest

from novaplan.errors import PlanRefused
from novaplan.migration.planning import plan
from novaplan.topology.system import Topology
from tests.migration.small import become, edge, service, short, system


def store(kind: str, to: str, *databases: dict[str, Any]) -> list[str]:
    own = {"name": "a", "schemas": [{"name": "s", "tables": ["x", "y"], "foreign_keys": [{"table": "x", "to": to}]}]}
    server = {"name": "db", "kind": kind, "databases": [own, *databases]}
    topology = system(
        services=[service("web")], datastores=[server], dependencies=[edge("web", "db", "writes", database="a")]
    )
    return short("foreign-keys", topology)


OTHER = {"name": "b", "schemas": [{"name": "s", "tables": ["z"]}]}


@pytest.mark.parametrize("to", ["y", "s.y", "a.s.y"])
def test_a_key_into_its_own_database_is_fine(to: str) -> None:
    assert store("postgres", to) == []


@pytest.mark.parametrize("to", ["z", "other.y", "b.s.z"])
def test_a_key_leads_to_a_table_of_its_database(to: str) -> None:
    assert store("postgres", to) == ["schema:db/a/s"]


def test_mysql_lets_keys_lead_to_other_databases_of_the_server() -> None:
    assert store("mysql", "b.s.z", OTHER) == []
    assert store("postgres", "b.s.z", OTHER) == ["schema:db/a/s"]


def test_what_nobody_writes_is_a_copy_in_the_making() -> None:
    own = {"name": "a", "schemas": [{"name": "s", "tables": ["x"], "foreign_keys": [{"table": "x", "to": "gone"}]}]}

    assert short("foreign-keys", system(datastores=[{"name": "db", "kind": "postgres", "databases": [own]}])) == []


def test_a_key_that_leads_nowhere_in_target_too_is_told_so() -> None:
    keys = [{"table": "x", "to": "gone"}]
    own = {"name": "a", "schemas": [{"name": "s", "tables": ["x"], "foreign_keys": keys}]}

    def made(name: str) -> Topology:
        store = {"name": "db", "kind": "postgres", "databases": [own]}
        edges = [edge(name, "db", "writes", database="a")]
        return system(services=[service(name)], datastores=[store], dependencies=edges)

    current = made("web")
    with pytest.raises(PlanRefused) as no:
        plan(current, become(made("shop"), current, web="shop"))
    (line,) = [str(problem) for problem in no.value.problems]
    assert line.startswith("foreign-keys: schema:db/a/s ")
    assert "x to gone (also when all steps are done); move what refers" in line
