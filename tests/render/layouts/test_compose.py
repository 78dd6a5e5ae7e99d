"""The compose layout: files that compose takes, refuses to start without secrets, and that reach each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from novaplan.errors import InputError
from novaplan.importers.compose.interpolation import substitute
from novaplan.render.assembly import Bundle, assemble
from novaplan.render.context import Context
from novaplan.render.layouts import compose
from novaplan.render.layouts.compose_containers import size
from novaplan.render.layouts.compose_references import Text, escaped, filled
from novaplan.render.settings import Settings
from novaplan.topology.base import replace
from novaplan.topology.datastore import Patroni
from novaplan.topology.system import Topology
from tests.render.layouts.clusters import SYSTEMS, system, write


def project(topology: Topology, **settings: Any) -> dict[str, Any]:
    tree = compose.tree(Context(topology, Settings(**settings)), assemble)
    found: dict[str, Any] = yaml.safe_load(tree[compose.FILE].text)
    return found


def strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for item in node.values() for text in strings(item)]
    if isinstance(node, list):
        return [text for item in node for text in strings(item)]
    return [node] if isinstance(node, str) else []


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_specification_of_compose_takes_it(name: str) -> None:
    compose_spec = pytest.importorskip("compose_spec")
    text = compose.tree(Context(system(name), Settings()), assemble)[compose.FILE].text
    compose_spec.PyCompose.from_yaml(text).validate()
    document = yaml.safe_load(text)
    first = next(body for body in document["services"].values() if "network_mode" not in body)
    first["networks"] = {"nowhere": {}}
    with pytest.raises(Exception, match="nowhere"):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(document)).validate()


@pytest.mark.parametrize("name", SYSTEMS)
def test_docker_takes_it_with_values_and_not_without(name: str, tmp_path: Path) -> None:
    tool = shutil.which("docker-compose")
    if tool is None or "version 1." in subprocess.run([tool, "version"], capture_output=True, text=True).stdout:
        pytest.skip("docker compose 2 is not installed")
    folder = write(compose.tree(Context(system(name), Settings()), assemble), tmp_path)
    refused = subprocess.run([tool, "config", "--quiet"], cwd=folder, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "set it in .env" in refused.stderr
    (folder / ".env").write_text(re.sub("=$", "=x", (folder / ".env.example").read_text(), flags=re.MULTILINE))
    subprocess.run([tool, "config", "--quiet"], cwd=folder, check=True)


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_named_is_there(name: str) -> None:
    found = project(system(name))
    services = found["services"]
    for own, body in services.items():
        mode = body.get("network_mode", "")
        assert set(body.get("depends_on", {})) <= set(services) - {own}
        assert set(body.get("networks", {})) <= set(found["networks"])
        assert bool(body.get("networks")) != bool(mode), own
        assert mode in ("", "none") or mode.removeprefix("service:") in services
        for section in ("configs", "secrets"):
            assert {entry["source"] for entry in body.get(section, ())} <= set(found.get(section, {}))
        named = {entry["source"] for entry in body.get("volumes", ()) if entry["type"] == "volume"}
        assert named <= set(found.get("volumes", {}))
        for other, condition in body.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
            if condition["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no"


@pytest.mark.parametrize("name", SYSTEMS)
def test_nothing_waits_in_a_circle(name: str) -> None:
    from graphlib import TopologicalSorter

    services = project(system(name))["services"]
    needs = {own: set(body.get("depends_on", {})) for own, body in services.items()}
    for own, body in services.items():
        mode = body.get("network_mode", "none")
        needs[own] |= {mode.removeprefix("service:")} if mode.startswith("service:") else set()
    assert set(TopologicalSorter(needs).static_order()) == set(services)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_secret_is_demanded_and_none_has_a_value(name: str) -> None:
    tree = compose.tree(Context(system(name), Settings()), assemble)
    example = tree[compose.EXAMPLE].text
    named = re.findall(r"^([A-Z_][A-Z0-9_]*)=(.*)$", example, re.MULTILINE)
    assert named
    assert {value for _, value in named} == {""}
    found = yaml.safe_load(tree[compose.FILE].text)
    demanded = {match for text in strings(found) for match in re.findall(r"(?<!\$)\$\{(\w+):[?-]", text)}
    files = {item["environment"] for item in found.get("secrets", {}).values()}
    assert demanded | files == {variable for variable, _ in named}


def names_on(found: dict[str, Any], network: str) -> set[str]:
    """The names that are known on a network."""
    names = set()
    for own, body in found["services"].items():
        if network in body.get("networks", {}):
            names |= {own, *body["networks"][network].get("aliases", ())}
    return names


def test_members_find_each_other_by_the_names_in_their_files() -> None:
    found = project(system("target"))
    space = system("target").datastore["redis"].namespace or "default"
    start = found["configs"]["redis-config-start.sh"]["content"].replace("$$", "$")
    domain = f"{space}.svc.cluster.local"
    used = {match.replace("$domain", domain) for match in re.findall(r"redis-\d\.redis-headless\.\$domain", start)}
    assert len(used) == 3
    assert used <= names_on(found, space)
    assert found["services"]["redis-1"]["environment"]["POD_NAMESPACE"] == space
    assert found["services"]["redis-1"]["environment"]["POD_NAME"] == "redis-1"


def test_the_ports_of_a_service_reach_the_ports_behind_it() -> None:
    found = project(system("target"))
    configuration = found["configs"]["postgres-primary.haproxy.cfg"]["content"]
    assert "bind :5432\n    server postgres-pooler postgres-pooler:5000 check" in configuration
    space = system("target").datastore["postgres"].namespace
    assert f"postgres-primary.{space}" in names_on(found, space)
    client = next(body for body in found["services"].values() if "postgres" in body.get("depends_on", {}))
    assert space in client["networks"]


def test_a_moved_port_is_passed_on_inside_the_container_of_that_name() -> None:
    topology = system("shop")
    service = next(item for item in topology.services if item.name == "storefront")
    port = replace(service.ports[0], port=81, target=8123)
    moved = replace(service, ports=(port,), replicas=2, autoscaling=None)
    others = tuple(moved if item.name == service.name else item for item in topology.services)
    found = project(replace(topology, services=others, routes=()))
    proxies = {name: body for name, body in found["services"].items() if name.startswith(f"{service.name}.")}
    inside = {body.get("network_mode") for name, body in proxies.items() if name.endswith(".ports")}
    assert inside == {f"service:{service.name}", f"service:{service.name}.2"}
    assert "bind :81\n    server" in str(found["configs"][f"{service.name}.ports.haproxy.cfg"]["content"])
    assert "127.0.0.1:8123" in found["configs"][f"{service.name}.ports.haproxy.cfg"]["content"]


def test_a_lease_in_the_api_of_kubernetes_is_refused() -> None:
    topology = system("target")
    store = topology.datastore["postgres"]
    assert isinstance(store.deployment, Patroni)
    alone = replace(store, deployment=replace(store.deployment, etcd=None))
    stores = tuple(alone if item.name == "postgres" else item for item in topology.datastores)
    with pytest.raises(InputError) as caught:
        project(replace(topology, datastores=stores))
    assert str(caught.value) == (
        "datastores.postgres.deployment.etcd: keeps its lease in the API of Kubernetes, which compose has not; "
        "give it etcd, or render plain"
    )


def test_a_volume_belongs_to_the_user_of_its_pod_before_it_starts() -> None:
    services = project(system("target"))["services"]
    made = services["redis-0.volumes"]
    assert made["entrypoint"][-1] == services["redis-0"]["user"]
    assert "-R" not in str(made["entrypoint"]), "PostgreSQL refuses a folder that its group may write to"
    assert services["redis-0"]["depends_on"]["redis-0.volumes"] == {"condition": "service_completed_successfully"}


# ---------------------------------------------------------------- text


def item(kind: str, name: str, **body: Any) -> dict[str, Any]:
    version = "apps/v1" if kind == "Deployment" else "v1"
    labels = {"app.kubernetes.io/name": name}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, **body}


def test_every_dollar_sign_of_the_text_stays() -> None:
    data = {"a": "$HOME ${X} $$ $(A)", "file": "cost: $5\n"}
    container = {
        "name": "web",
        "image": "web:$1",
        "command": ["sh", "-c", "echo $A $(PLAIN) $(SECRET) $(NONE) $$(PLAIN)"],
        "env": [
            {"name": "PLAIN", "value": "a$b"},
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "OF_MAP", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "a"}}},
        ],
        "volumeMounts": [{"name": "files", "mountPath": "/etc/web"}],
    }
    pod = {"containers": [container], "volumes": [{"name": "files", "configMap": {"name": "web"}}]}
    workload = item("Deployment", "web", spec={"replicas": 1, "template": {"metadata": {}, "spec": pod}})
    bundle = Bundle({"a.yaml": [item("ConfigMap", "web", data=data), workload]}, ())
    found = yaml.safe_load(compose.tree(Context(system("shop"), Settings()), lambda _: bundle)[compose.FILE].text)
    body = found["services"]["web"]

    def as_compose_reads(text: str) -> str:
        return substitute(text, {"S_K": "p$w"}.get).text

    assert as_compose_reads(body["image"]) == "web:$1"
    assert as_compose_reads(body["entrypoint"][2]) == "echo $A a$b p$w $(NONE) $(PLAIN)"
    assert as_compose_reads(body["environment"]["OF_MAP"]) == data["a"]
    assert as_compose_reads(found["configs"]["web-file"]["content"]) == data["file"]
    assert body["environment"]["SECRET"] == "${S_K:?set it in .env to k of the Secret s}"


def test_variables_of_a_command_are_filled_in_as_kubernetes_does() -> None:
    assert filled("$(A)-$$(A)-$(B)", {"A": "x"}) == "x-$(A)-$(B)"
    assert filled("$(A)$", {"A": Text("${A:?}")}) == "${A:?}$$"
    assert escaped({"a": ["$", Text("$")], "b": 1}) == {"a": ["$$", "$"], "b": 1}


@pytest.mark.parametrize(("amount", "text"), [(2**30, "1G"), (512 * 2**20, "512M"), (1536, "1536b"), (2048, "2K")])
def test_sizes_are_written_in_units_of_1024(amount: int, text: str) -> None:
    assert size(amount) == text


def test_names_that_look_alike_stay_apart() -> None:
    def deployment(name: str, *names: str) -> dict[str, Any]:
        containers = [{"name": one, "image": f"{name}:{one}"} for one in names]
        return item(
            "Deployment", name, spec={"replicas": 2, "template": {"metadata": {}, "spec": {"containers": containers}}}
        )

    bundle = Bundle({"a.yaml": [deployment("web", "a", "b"), deployment("web-2", "a"), deployment("web-b", "a")]}, ())
    found = yaml.safe_load(compose.tree(Context(system("shop"), Settings()), lambda _: bundle)[compose.FILE].text)
    assert {name: body["image"] for name, body in found["services"].items()} == {
        "web": "web:a", "web.b": "web:b", "web.2": "web:a", "web.2.b": "web:b", "web-2": "web-2:a", "web-b": "web-b:a",
    }  # fmt: skip
    twice = Bundle({"a.yaml": [deployment("web", "a"), {**deployment("web", "a"), "kind": "Job"}]}, ())
    with pytest.raises(InputError, match="web: would be two services of one compose file"):
        compose.tree(Context(system("shop"), Settings()), lambda _: twice)
