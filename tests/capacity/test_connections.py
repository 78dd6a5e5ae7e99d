"""Whether the servers take what their clients may open."""

from __future__ import annotations

import pytest
from hypothesis import given

from novaplan.capacity.clients import WHEN
from novaplan.capacity.connections import arithmetic, connections, obstacles
from novaplan.capacity.limits import load_connection_defaults
from novaplan.capacity.rolling import rolled
from novaplan.capacity.sweeps.measures import MEASURES, Scenario
from novaplan.errors import InputError
from novaplan.topology.storage import load, loads
from novaplan.topology.system import Topology
from tests.strategies import topologies

SYSTEM = """\
services:
  - name: api
    replicas: 3
    processes: 2
    autoscaling: {min: 2, max: 6}
    rollout: {max_surge: 1, max_unavailable: 0}
    termination: {grace: 30s}
    containers: [{name: api, probes: {readiness: {path: /, initial_delay: 15s}}}]
  - {name: job, replicas: 1, workload: statefulset}
datastores:
  - {name: db, kind: postgres, databases: [{name: shop}]}
  - {name: cache, kind: redis}
  - {name: bus, kind: kafka}
dependencies:
  - {client: api, server: db, mode: writes, database: shop, user: api, pool: {max: 10}}
  - {client: job, server: db, mode: reads, database: shop, user: job, pool: {max: 5}}
  - {client: api, server: cache, mode: writes, pool: {max: 1}}
  - {client: api, server: bus, mode: publishes}
"""
POOLER = "kind: postgres, connections: {pooler: {instances: 2, pool_size: 20}},"


def server(text: str = SYSTEM, name: str = "db"):
    return next(item for item in connections(loads(text)) if item.server == name)


def test_pools_times_processes_times_pods() -> None:
    found = server()
    assert found.connections == {"minimum": 45, "current": 65, "maximum": 125, "rolling_update": 185}
    assert (found.available, found.limit.source[:10]) == (97, "PostgreSQL")
    assert (found.verdict, found.breaks_at) == ("does not hold", "maximum")
    assert found.verdicts == {
        "minimum": "holds",
        "current": "holds",
        "maximum": "does not hold",
        "rolling_update": "does not hold",
    }
    assert found.missing("maximum") == 28
    assert (
        arithmetic(found, "maximum") == "api (shop) 10 x 2 processes x 6 + job (shop) 5 x 1 = 125; "
        "max_connections less reserved is 100 - 3 = 97"
    )


def test_only_servers_that_count_connections() -> None:
    assert [item.server for item in connections(loads(SYSTEM))] == ["cache", "db"]
    assert server(name="cache").available == 10_000


def test_a_limit_that_is_stated() -> None:
    found = server(SYSTEM.replace("kind: postgres,", "kind: postgres, connections: {max: 200, reserved: 10},"))
    assert (found.available, found.limit.source, found.verdict) == (190, "stated", "holds")


@pytest.mark.parametrize(("kind", "available"), [("mysql", 151), ("mariadb", 151), ("valkey", 10_000)])
def test_defaults_of_other_servers(kind: str, available: int) -> None:
    assert server(SYSTEM.replace("kind: postgres,", f"kind: {kind},")).available == available


def test_a_provider_has_limits_of_its_own() -> None:
    found = server(SYSTEM.replace("kind: postgres,", "kind: postgres, deployment: {type: managed},"))
    assert (found.available, found.verdict) == (None, "cannot be known")
    assert "not known" in arithmetic(found, "current")


def test_a_pool_that_is_not_stated_is_named() -> None:
    found = server(SYSTEM.replace(", user: job, pool: {max: 5}", ""))
    assert [item.name for item in found.unknown] == ["job"]
    assert (found.verdicts["current"], found.verdicts["maximum"]) == ("cannot be known", "does not hold")
    assert "and what job opens" in arithmetic(found, "current")


def test_what_is_only_possible_stands_apart() -> None:
    found = server(SYSTEM.replace("pool: {max: 5}", "pool: {max: 500}, possible: true"))
    assert [item.name for item in found.possible] == ["job"]
    assert found.connections["current"] == 60


def test_behind_a_pooler() -> None:
    found = server(SYSTEM.replace("kind: postgres,", POOLER))
    assert found.pooled is not None
    assert (found.pooled.server_connections, found.pooled.client_limit) == (2 * 20 * 2, 2 * 100)
    assert found.verdict == "holds"
    assert "2 instances x 20 x 2 pairs of user and database = 80" in arithmetic(found, "current")


def test_a_pooler_that_opens_too_much() -> None:
    found = server(SYSTEM.replace("kind: postgres,", POOLER.replace("20", "25")))
    assert list(obstacles(found, "minimum")) == ["the pooler opens 100, 97 are to be had"]


def test_a_pooler_with_too_many_clients() -> None:
    found = server(SYSTEM.replace("kind: postgres,", POOLER.replace("20", "20, max_client_connections: 50")))
    assert found.breaks_at == "maximum"
    assert list(obstacles(found, "maximum")) == ["125 clients of the pooler, which takes 100"]


def test_sessions_wait_for_a_pool_of_their_own() -> None:
    found = server(SYSTEM.replace("kind: postgres,", POOLER.replace("20", "20, mode: session")))
    assert found.breaks_at == "current"
    assert list(obstacles(found, "current")) == ["60 sessions of api in shop, 40 are pooled"]


def test_users_that_are_not_stated_are_told() -> None:
    found = server(SYSTEM.replace("kind: postgres,", POOLER).replace(", user: job", ""))
    assert found.pooled is not None
    assert (found.pooled.guessed, found.pooled.pairs) == (("job",), (("api", "shop"), ("job", "shop")))


def test_the_system_that_breaks_today_and_its_target() -> None:
    today = next(item for item in connections(load("current")) if item.server == "postgres")
    assert (today.connections["minimum"], today.available, today.breaks_at) == (290, 97, "minimum")
    target = next(item for item in connections(load("target")) if item.server == "postgres")
    assert target.pooled is not None
    assert (target.pooled.server_connections, target.available, target.breaks_at) == (150, 190, None)


def test_a_sweep_can_measure_it() -> None:
    scenario = Scenario(load("current"))
    assert MEASURES["missing_connections"].of(scenario) == 290 - 97
    assert MEASURES["missing_connections_in_rollout"].of(scenario) == 1090 - 97


@given(topologies())
def test_figures_are_the_sums_of_their_clients(topology: Topology) -> None:
    for found in connections(topology):
        for when in WHEN:
            sums = 0
            for client in found.counted:
                service = topology.service.get(client.name)
                assert client.pods is not None
                assert client.pool is not None
                if service is not None and when == "rolling_update":
                    most = max(client.pods[each] for each in WHEN[:3])
                    assert client.pods[when] == rolled(service, most)
                sums += client.pool * client.processes * client.pods[when]
            assert found.connections[when] == sums
            assert (found.missing(when) > 0) <= (found.verdicts[when] == "does not hold")
        assert found.connections["rolling_update"] >= max(found.connections.values())
        assert {item.name for item in found.clients} == {
            edge.client for edge in topology.dependencies if edge.server == found.server
        }


def test_defaults_that_are_wrong_are_told(tmp_path) -> None:
    file = tmp_path / "connections.yaml"
    file.write_text(
        "servers:\n  - {kinds: [postgres], setting: max_connections, max: 0, source: x}\n"
        "pooler: {setting: a, max_client_connections: 1, source: x}\n"
    )
    with pytest.raises(InputError, match=r"connections.yaml:2: servers\[0\].max: "):
        load_connection_defaults(file)
