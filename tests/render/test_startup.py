"""Who waits for whom: never in a circle, never for what may be missing; and the script that does it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from graphlib import TopologicalSorter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from novaplan.errors import TopologyError
from novaplan.render.assembly import Bundle
from novaplan.render.context import Context
from novaplan.render.startup import waits
from novaplan.render.workloads.waiting import NAME
from novaplan.render.workloads.waiting import waits as waits_of
from novaplan.topology.system import Topology
from tests.render.examples import bundle, drawn, objects, one, settings, small, system

NAMES = ("a", "b", "c", "d", "e", "f")


@st.composite
def tiered(draw: st.DrawFn) -> Topology:
    """Services with tiers or without, that wait for and depend on each other as far as a topology may."""
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
    stated, edges = draw(st.sets(pairs, max_size=8)), draw(st.sets(pairs, max_size=12))
    services = [
        {
            "name": name,
            "optional": draw(st.integers(0, 5)) == 0,
            "ports": [{"name": "http", "port": 80}],
            "startup": {
                "tier": draw(st.none() | st.integers(0, 2)),
                "wait_for": sorted(server for client, server in stated if client == name),
            },
        }
        for name in NAMES
    ]
    dependencies = [{"client": client, "server": server} for client, server in sorted(edges)]
    try:
        return Topology.model_validate({"services": services, "dependencies": dependencies})
    except TopologyError:
        reject()


@hypothesis_settings(max_examples=400, suppress_health_check=list(HealthCheck), deadline=None)
@given(topology=tiered())
def test_nothing_waits_in_a_circle(topology: Topology) -> None:
    found = waits(topology, frozenset(NAMES))
    TopologicalSorter(found).prepare()
    for client, servers in found.items():
        for server in servers:
            assert not topology.service[server].optional
            own, other = topology.service[client].startup.tier, topology.service[server].startup.tier
            assert own is None or other is None or other <= own


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(made=drawn())
def test_no_system_waits_in_a_circle(made: tuple[Topology, Bundle]) -> None:
    TopologicalSorter(waits_of(Context(made[0], settings()))).prepare()


def test_a_tier_is_not_followed_where_it_would_lead_back() -> None:
    """low (0) waits for a service without a tier, which waits for high (1), which depends on low."""
    services: list[dict[str, Any]] = [
        {"name": "high", "startup": {"tier": 1}},
        {"name": "low", "startup": {"tier": 0, "wait_for": ["odd"]}},
        {"name": "odd", "startup": {"wait_for": ["high"]}},
        {"name": "base", "startup": {"tier": 0}},
    ]
    edges = [{"client": "high", "server": "low"}, {"client": "high", "server": "base"}]
    topology = Topology.model_validate({"services": services, "dependencies": edges})
    found = waits(topology, frozenset(topology.service))
    assert found == {"high": ("base",), "low": ("odd",), "odd": ("high",)}


def test_what_is_waited_for() -> None:
    found = waits_of(Context(system("target"), settings()))
    assert found == {
        "api-service": ("postgres", "redis"),
        "realtime-service": ("postgres", "redis"),
        "streaming-service": ("postgres", "redis"),
    }, "kafka runs elsewhere, and nobody says where"
    container = one(bundle("target").manifests, "Deployment", "api-service")
    (wait,) = container["spec"]["template"]["spec"]["initContainers"]
    assert wait["command"][3:] == ["wait", "600", "postgres.nova-database:5432", "redis-sentinel.nova-redis:26379"]


def test_what_somebody_else_runs_is_waited_for_where_it_is() -> None:
    made = objects(system("target"), externals={"kafka": "kafka.messaging.svc.cluster.local"})
    (wait,) = one(made, "Deployment", "realtime-service")["spec"]["template"]["spec"]["initContainers"]
    assert "kafka:9092" in wait["command"]


@pytest.mark.parametrize(
    "changes",
    [
        {"replicas": 0},
        {"optional": True},
        {"ports": []},
        {"ports": [{"name": "dns", "port": 53, "protocol": "udp"}]},
        {"workload": "job"},
    ],
)
def test_nothing_waits_for_what_may_never_answer(changes: dict[str, Any]) -> None:
    web = {"name": "web", "namespace": "front", "startup": {"wait_for": ["api"]}}
    api = {"name": "api", "namespace": "back", "ports": [{"name": "http", "port": 80}]}
    waiting = small(topology_services=[api, web])
    (made,) = one(objects(waiting), "Deployment", "web")["spec"]["template"]["spec"]["initContainers"]
    assert made["command"][-1] == "api.back:80"
    made = one(objects(small(topology_services=[{**api, **changes}, web])), "Deployment", "web")
    assert "initContainers" not in made["spec"]["template"]["spec"]


def test_waiting_adds_nothing_to_what_a_pod_takes() -> None:
    little = {"requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"memory": "8Mi"}}
    web = {"name": "web", "namespace": "front", "startup": {"wait_for": ["api"]}}
    web |= {"containers": [{"name": NAME, "image": "web:1", "resources": little}]}
    api = {"name": "api", "namespace": "back", "ports": [{"name": "http", "port": 80}]}
    pod = one(objects(small(topology_services=[api, web])), "Deployment", "web")["spec"]["template"]["spec"]
    (wait,) = pod["initContainers"]
    assert wait["name"] == f"{NAME}-2", "the name is taken"
    assert wait["resources"] == {"requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"memory": "8Mi"}}
    web["containers"] = [{"name": "web", "image": "web:1"}]
    made = one(objects(small(topology_services=[api, web])), "Deployment", "web")
    assert "resources" not in made["spec"]["template"]["spec"]["initContainers"][0]


_NC = """nc() { "$PYTHON" -c '
import socket, sys
option, wait, seconds, host, port = sys.argv[1:]
assert (option, wait) == ("-z", "-w")
try:
    socket.create_connection((host, int(port)), float(seconds)).close()
except OSError:
    sys.exit(1)
' "$@"; }
"""
"""Stands in for the image's nc, which need not be installed here, nor know -z."""


def _script(*arguments: str, timeout: int = 20) -> subprocess.CompletedProcess[str]:
    """Run the command of the container."""
    (wait,) = one(bundle("target").manifests, "Deployment", "api-service")["spec"]["template"]["spec"]["initContainers"]
    shell, option, script, own, *_ = wait["command"]
    command = [shell, option, f"{_NC}{script}", own, *arguments]
    env = {**os.environ, "PYTHON": sys.executable}
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, env=env)


def test_the_script_goes_on_when_everything_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        done = _script("5", address, address)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"waiting for {address}", f"{address} answers"] * 2


def test_the_script_gives_up_and_says_on_what() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    done = _script("1", address)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"gave up after 1s: {address} takes no connection")
