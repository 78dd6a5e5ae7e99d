"""Every pod passes the restricted Pod Security Standard, whose rules are written out here
(https://kubernetes.io/docs/concepts/security/pod-security-standards/)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from novaplan.render.assembly import Bundle
from novaplan.topology.system import Topology
from tests.render.examples import SYSTEMS, bundle, containers, drawn, names, objects, one, pods, small

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}


def violations(pod: dict[str, Any]) -> Iterator[str]:
    """What the standard forbids in the spec of a pod."""
    shared = pod.get("securityContext", {})
    yield from (field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field))
    yield from (f"volume {item['name']}" for item in pod.get("volumes", []) if not VOLUMES & item.keys())
    yield from (item["name"] for item in shared.get("sysctls", []) if item["name"] not in SYSCTLS)
    for container in containers(pod):
        own = container.get("securityContext", {})
        effective = {**shared, **own}
        name = container["name"]
        if own.get("privileged") or own.get("allowPrivilegeEscalation") is not False:
            yield f"{name} may gain privileges"
        if effective.get("runAsNonRoot") is not True or effective.get("runAsUser") == 0:
            yield f"{name} may be root"
        if effective.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{name} may make any system call"
        capabilities = own.get("capabilities", {})
        if "ALL" not in capabilities.get("drop", []) or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
            yield f"{name} has capabilities"
        yield from (f"{name} takes a port of its node" for port in container.get("ports", []) if port.get("hostPort"))
        if own.get("procMount", "Default") != "Default" or "seLinuxOptions" in effective:
            yield f"{name} unmasks its node"


@pytest.mark.parametrize("name", SYSTEMS)
def test_pods_of_the_samples(name: str) -> None:
    found = [pod["spec"] for _, pod in pods(bundle(name).manifests)]
    assert found
    assert [problem for pod in found for problem in violations(pod)] == []


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(made=drawn())
def test_pods_of_any_system(made: tuple[Topology, Bundle]) -> None:
    assert [problem for _, pod in pods(made[1].manifests) for problem in violations(pod["spec"])] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hostNetwork",), True),
        (("securityContext", "runAsNonRoot"), False),
        (("securityContext", "runAsUser"), 0),
        (("securityContext", "seccompProfile"), {"type": "Unconfined"}),
        (("securityContext", "sysctls"), [{"name": "kernel.msgmax", "value": "1"}]),
        (("containers", 0, "securityContext", "privileged"), True),
        (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
        (("containers", 0, "securityContext", "capabilities", "drop"), []),
        (("containers", 0, "securityContext", "capabilities", "add"), ["SYS_ADMIN"]),
        (("containers", 0, "ports"), [{"containerPort": 80, "hostPort": 80}]),
        (("volumes",), [{"name": "node", "hostPath": {"path": "/"}}]),
    ],
)
def test_the_rules_find_what_breaks_them(path: tuple[str | int, ...], value: object) -> None:
    pod = copy.deepcopy(next(iter(pods(objects(small()))))[1]["spec"])
    assert [*violations(pod)] == []
    node: Any = pod
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    assert [*violations(pod)] != []


def test_no_pod_has_a_token_it_does_not_need() -> None:
    for name in SYSTEMS:
        made = bundle(name).manifests
        for _, pod in pods(made):
            assert pod["spec"]["automountServiceAccountToken"] is False
            assert pod["spec"].get("serviceAccountName", "default") in {"default", *names(made, "ServiceAccount")}
        assert all(not item["automountServiceAccountToken"] for item in made if item["kind"] == "ServiceAccount")


def test_a_low_port_is_for_everybody_in_the_pod() -> None:
    low = objects(small(ports=[{"name": "http", "port": 80}]))
    shared = one(low, "Deployment", "api")["spec"]["template"]["spec"]["securityContext"]
    assert shared["sysctls"] == [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}]
    assert "sysctls" not in one(low, "Deployment", "web")["spec"]["template"]["spec"]["securityContext"]


def test_the_namespaces_hold_everybody_to_it() -> None:
    made = bundle("target").manifests
    for name in ("nova-database", "nova-redis", "nova-services"):
        labels = one(made, "Namespace", name)["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_program_gets_the_user_and_the_folders_it_needs() -> None:
    topology = small(containers=[{"name": "api", "image": "registry.example/nginx:1.25@sha256:" + "0" * 64}])
    pod = one(objects(topology), "Deployment", "api")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 101
    mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounted == {"/tmp", "/var/cache/nginx", "/var/run"}
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {
        item["name"] for item in pod["volumes"]
    }
