"""Names that lead to an heir while the old service still runs."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from novaplan.render.manifests import Manifest
from novaplan.topology.system import Topology
from tests.render.examples import names, objects, one, small

HTTP = {"name": "http", "port": 80, "target": 8080}


def handed(old: str = "back", new: str = "back", **more: Any) -> Topology:
    """``old`` and its heir ``new``, which has its name, in these namespaces; ``web`` calls the heir."""
    services = [
        {"name": "old", "namespace": old, "ports": [HTTP, {"name": "gone", "port": 81}]},
        {
            "name": "new",
            "namespace": new,
            "aliases": ["old"],
            "ports": [{**HTTP, "port": 90}, {"name": "x", "port": 99}],
        },
        {"name": "web", "namespace": "front", "ports": [HTTP]},
    ]
    edges = [{"client": "web", "server": "new"}]
    return small(topology_services=services, topology_dependencies=edges, **more)


def service(manifests: list[Manifest], name: str, namespace: str) -> Manifest:
    (found,) = [
        item
        for item in manifests
        if (item["kind"], item["metadata"]["name"], item["metadata"].get("namespace")) == ("Service", name, namespace)
    ]
    return found


def test_the_selector_moves_and_the_object_stays() -> None:
    spec = service(objects(handed()), "old", "back")["spec"]
    assert spec["selector"] == {"app.kubernetes.io/name": "new"}
    assert [(port["name"], port["port"], port["targetPort"]) for port in spec["ports"]] == [
        ("http", 80, "http"),
        ("x", 99, "x"),
    ], "the old number, at the port of that name; what the heir does not do is not promised"


def test_a_service_that_routes_pass_through_keeps_its_own() -> None:
    route = {"path": "/", "backends": [{"service": "old", "port": "http"}]}
    spec = service(objects(handed(topology_routes=[route])), "old", "back")["spec"]
    assert spec["selector"] == {"app.kubernetes.io/name": "old"}


def test_a_relay_leads_into_another_namespace() -> None:
    made = objects(handed("front", "back"))
    spec = service(made, "old", "front")["spec"]
    relay = one(made, "Deployment", "old-relay")
    assert spec["selector"] == relay["spec"]["selector"]["matchLabels"] == {"app.kubernetes.io/name": "old-relay"}
    assert relay["metadata"]["namespace"] == "front"
    assert relay["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == "old-relay"
    assert spec["ports"] == [{"name": "http", "port": 80, "targetPort": 80, "appProtocol": "http"}]
    assert service(made, "old", "back")["spec"]["selector"] == {"app.kubernetes.io/name": "new"}
    assert "new.back.svc.cluster.local:90" in one(made, "ConfigMap", "old-relay")["data"]["haproxy.cfg"]


def test_policies_let_callers_through_a_relay() -> None:
    made = objects(handed("front", "back"))
    through = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "old-relay"}}}
    (out,) = [rule for rule in one(made, "NetworkPolicy", "web")["spec"]["egress"] if through in rule["to"]]
    assert out["ports"] == [{"protocol": "TCP", "port": 80}]
    policy = one(made, "NetworkPolicy", "old-relay")["spec"]
    web = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}
    assert policy["ingress"] == [{"from": [web], "ports": [{"protocol": "TCP", "port": 80}]}]
    assert policy["egress"][0]["ports"] == [{"protocol": "TCP", "port": 8080}]
    allowed = one(made, "NetworkPolicy", "new")["spec"]["ingress"]
    assert any(
        "old-relay" in str(rule["from"]) and rule["ports"] == [{"protocol": "TCP", "port": 8080}] for rule in allowed
    )


def test_no_relay_is_left_when_the_old_service_is_gone() -> None:
    topology = small(aliases=["old"])
    assert "old-relay" not in names(objects(topology), "Deployment")
    assert service(objects(topology), "old", "back")


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_the_relay_passes_connections_on(tmp_path: Path) -> None:
    text = one(objects(handed("front", "back")), "ConfigMap", "old-relay")["data"]["haproxy.cfg"]
    with socket.create_server(("127.0.0.1", 0)) as heir, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        text = text.replace("new.back.svc.cluster.local:90", f"127.0.0.1:{heir.getsockname()[1]}")
        (tmp_path / "haproxy.cfg").write_text(text.replace("bind :80\n", f"bind 127.0.0.1:{port}\n"))
        threading.Thread(target=_echo, args=(heir,), daemon=True).start()
        with subprocess.Popen(["haproxy", "-W", "-db", "-f", str(tmp_path / "haproxy.cfg")]) as relay:
            try:
                assert _asked(port) == b"hello"
            finally:
                relay.terminate()


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(connection.recv(100))


def _asked(port: int) -> bytes:
    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"hello")
                return client.recv(100)
        except ConnectionError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers on {port}")
