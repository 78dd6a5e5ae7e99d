"""The objects around a PostgreSQL, in each of its shapes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from novaplan.capacity.recovery_model import default_recovery_model
from novaplan.capacity.totals import totals
from novaplan.quantity import parse_bytes, parse_millicores
from novaplan.render.context import Context
from novaplan.render.datastores.postgres import client_config, egress_ports, needs, objects, proxy
from novaplan.render.datastores.postgres import patroni as configuration
from novaplan.render.datastores.postgres.access import DatabaseNameError
from novaplan.render.datastores.postgres.limits import PostgresError
from novaplan.render.settings import Settings
from novaplan.render.validation.validate import validate
from novaplan.topology.datastore import Patroni
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.render.postgres.examples import ETCD, PATRONI, POOLER, SHAPES, of, shapes, shop
from tests.strategies import topologies

WORKLOADS = ("StatefulSet", "Deployment")


def rendered(context: Context) -> list[dict[str, Any]]:
    return objects(context, context.topology.datastore["db"])


def files(context: Context) -> dict[str, str]:
    """Every file of every ConfigMap."""
    maps = [item["data"] for item in rendered(context) if item["kind"] == "ConfigMap"]
    return {name: text for data in maps for name, text in data.items()}


def containers(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pods = [item["spec"]["template"]["spec"] for item in items if item["kind"] in WORKLOADS]
    return [container for pod in pods for container in pod["containers"]]


def selected(items: list[dict[str, Any]], service: dict[str, Any], port: str) -> list[tuple[str, int]]:
    """The workloads a Service leads to, and the port of their pods."""
    found = []
    for item in items:
        if item["kind"] in WORKLOADS:
            template = item["spec"]["template"]
            labels = {**template["metadata"]["labels"], "role": "master"}
            if service["spec"]["selector"].items() <= labels.items():
                target = next(entry["targetPort"] for entry in service["spec"]["ports"] if entry["name"] == port)
                for container in template["spec"]["containers"]:
                    found += [
                        (item["metadata"]["name"], entry["containerPort"])
                        for entry in container["ports"]
                        if entry["name"] == target
                    ]
    return found


@shapes
def test_kubernetes_takes_every_object(shape: str) -> None:
    context = shop(SHAPES[shape])
    assert validate(rendered(context), context.settings.kubernetes) == []
    assert rendered(shop(SHAPES[shape])) == rendered(context)


@shapes
def test_what_is_requested_is_what_the_totals_say(shape: str) -> None:
    context = shop(SHAPES[shape])
    cpu = memory = storage = pods = 0
    for item in rendered(context):
        if item["kind"] in WORKLOADS:
            number = item["spec"]["replicas"]
            pods += number
            for container in item["spec"]["template"]["spec"]["containers"]:
                cpu += number * parse_millicores(container["resources"]["requests"]["cpu"])
                memory += number * parse_bytes(container["resources"]["requests"]["memory"])
            for claim in item["spec"].get("volumeClaimTemplates", ()):
                storage += number * parse_bytes(claim["spec"]["resources"]["requests"]["storage"])
    whole = [item.amounts for item in totals(context.topology).components if item.name.partition("/")[0] == "db"]
    assert pods == sum(item.pods for item in whole)
    assert cpu == sum(item.cpu_request_millicores for item in whole)
    assert memory == sum(item.memory_request_bytes for item in whole)
    assert storage == sum(item.storage_bytes for item in whole)


@pytest.mark.parametrize(
    ("shape", "own", "primary", "replicas"),
    [
        ("alone", ("db", 5432), None, None),
        ("alone, pooled", ("db-pooler", 6432), ("db", 5432), None),
        ("etcd", ("db", 5000), ("db", 5000), ("db", 5001)),
        ("etcd, pooled", ("db-pooler", 6432), ("db-pooler", 5000), ("db-pooler", 5001)),
        ("kubernetes", ("db", 5432), ("db", 5432), None),
        ("kubernetes, pooled", ("db-pooler", 6432), ("db", 5432), None),
    ],
)
def test_where_each_service_leads(shape: str, own: Any, primary: Any, replicas: Any) -> None:
    context = shop({**SHAPES[shape], "port": 6000})
    items = rendered(context)
    services = {item["metadata"]["name"]: item for item in items if item["kind"] == "Service"}
    for name, wanted in (("db", own), ("db-primary", primary), ("db-replicas", replicas)):
        if wanted is not None:
            assert selected(items, services[name], "postgres") == [wanted]
            assert [port["port"] for port in services[name]["spec"]["ports"]] == [6000]
            assert wanted[1] in egress_ports(context.topology.datastore["db"])
    if shape.startswith("kubernetes"):
        assert services["db-primary"]["spec"]["selector"]["role"] == "master"
        assert services["db-replicas"]["spec"]["selector"]["role"] == "replica"
    assert ("db-primary" in services) == (shape != "alone")
    # Only the Service with the datastore's own name is the topology's.
    marked = {
        name
        for name, item in services.items()
        if "novaplan.dev/generated-for" in item["metadata"].get("annotations", {})
    }
    assert marked == services.keys() - {"db"}
    assert client_config(context, context.topology.datastore["db"], seen_from=None) == {}


@shapes
def test_pods_are_restricted_and_keep_to_the_checklist(shape: str) -> None:
    items = rendered(shop({**SHAPES[shape], "spread": {"anti_affinity": "required"}}))
    for item in items:
        if item["kind"] not in WORKLOADS:
            continue
        pod = item["spec"]["template"]["spec"]
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["fsGroup"]
        assert ("serviceAccountName" in pod) == pod["automountServiceAccountToken"]
        kind = "preferred" if item["kind"] == "Deployment" else "required"
        assert next(iter(pod["affinity"]["podAntiAffinity"])).startswith(kind)
        for container in pod["containers"]:
            assert container["livenessProbe"]
            assert container["readinessProbe"]
        if item["kind"] == "StatefulSet":
            governing = of(shop(), "Service", item["spec"]["serviceName"], items)
            assert governing["spec"]["clusterIP"] == "None"
            assert governing["spec"]["publishNotReadyAddresses"] is True
            assert governing["spec"]["selector"] == item["spec"]["selector"]["matchLabels"]


@pytest.mark.parametrize("shape", ["etcd", "kubernetes"])
def test_patroni_is_the_first_process_and_is_asked_whether_it_lives_and_never_whether_it_leads(shape: str) -> None:
    items = rendered(shop(SHAPES[shape]))
    member = of(shop(), "StatefulSet", "db", items)
    pod = member["spec"]["template"]["spec"]
    server = pod["containers"][0]
    assert member["spec"]["podManagementPolicy"] == "Parallel"
    assert server["command"] == ["patroni", "/etc/patroni/patroni.yml"]
    assert server["livenessProbe"]["httpGet"] == {"path": "/liveness", "port": "patroni"}
    assert server["readinessProbe"]["httpGet"] == {"path": "/readiness", "port": "patroni"}
    assert pod["terminationGracePeriodSeconds"] >= 60
    (account,) = [item for item in items if item["kind"] == "ServiceAccount"] or [None]
    assert (account is None) == (shape == "etcd")
    assert pod["automountServiceAccountToken"] == (shape == "kubernetes")


def test_etcd_knows_every_member_by_name_and_waits_for_none() -> None:
    items = rendered(shop(SHAPES["etcd, pooled"]))
    etcd = of(shop(), "StatefulSet", "db-etcd", items)
    assert etcd["spec"]["podManagementPolicy"] == "Parallel"
    (container,) = etcd["spec"]["template"]["spec"]["containers"]
    hosts = [f"db-etcd-{number}.db-etcd.data.svc.cluster.local" for number in range(3)]
    peers = ",".join(f"db-etcd-{number}=http://{host}:2380" for number, host in enumerate(hosts))
    assert f"--initial-cluster={peers}" in container["command"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    found = yaml.safe_load(files(shop(SHAPES["etcd, pooled"]))["patroni.yml"])
    assert found["etcd3"]["hosts"] == [f"{host}:2379" for host in hosts]
    assert "etcd" not in found
    budgets = {item["metadata"]["name"]: item["spec"] for item in items if item["kind"] == "PodDisruptionBudget"}
    assert {name: spec["maxUnavailable"] for name, spec in budgets.items()} == {"db": 1, "db-etcd": 1, "db-pooler": 1}


def test_a_stated_budget_is_the_topologys_own() -> None:
    items = rendered(shop({**SHAPES["etcd"], "disruption_budget": {"min_available": 2}}))
    found = of(shop(), "PodDisruptionBudget", "db", items)
    assert found["spec"]["minAvailable"] == 2
    assert "annotations" not in found["metadata"]


def test_patronis_settings_are_the_topologys() -> None:
    stated = {**PATRONI, "etcd": ETCD, "ttl": "25s", "loop_wait": "5s", "retry_timeout": "6s", "synchronous": True}
    context = shop({"deployment": {**stated, "failsafe": True}, "connections": {"max": 90, "reserved": 7}})
    found = yaml.safe_load(files(context)["patroni.yml"])
    shared = found["bootstrap"]["dcs"]
    assert (shared["ttl"], shared["loop_wait"], shared["retry_timeout"]) == (25, 5, 6)
    assert shared["synchronous_mode"] is shared["failsafe_mode"] is True
    assert shared["postgresql"]["use_slots"] is shared["postgresql"]["use_pg_rewind"] is True
    assert shared["postgresql"]["parameters"]["max_connections"] == 90
    assert shared["postgresql"]["parameters"]["max_slot_wal_keep_size"] == "2048MB"
    assert shared["postgresql"]["parameters"]["wal_sender_timeout"] == "5s"
    # Patroni 3.0 may rewind below a server that still runs; to remove the files then would make a broken copy.
    assert "remove_data_directory_on_rewind_failure" not in found["postgresql"]
    own = found["postgresql"]["parameters"]
    assert (own["superuser_reserved_connections"], own["shared_buffers"]) == ("7", "64MB")
    assert "data-checksums" in found["bootstrap"]["initdb"]


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (("30s", "10s", "10s"), (30, 10, 10)),
        (("20s", "5s", "5s"), (20, 5, 5)),
        (("5s", "500ms", "1s"), (20, 1, 3)),
        (("20s", "10s", "10s"), (20, 10, 5)),
        (("20s", "18s", "10s"), (20, 14, 3)),
        (("100h", "1m", "1m"), (360000, 60, 60)),
    ],
)
def test_a_leader_never_outlives_its_lease(stated: tuple[str, str, str], kept: tuple[int, int, int]) -> None:
    names = ("ttl", "loop_wait", "retry_timeout")
    found = configuration.times(Patroni(type="patroni", members=3, **dict(zip(names, stated, strict=True))))  # type: ignore[arg-type]
    assert tuple(found.values()) == kept
    assert found["loop_wait"] + 2 * found["retry_timeout"] <= found["ttl"]


def test_the_proxy_asks_as_often_as_the_recovery_model_counts() -> None:
    times = default_recovery_model().patroni
    assert (times.proxy_interval, times.proxy_rise) == (1000 * proxy.INTERVAL, proxy.RISE)
    text = files(shop(SHAPES["etcd"]))["haproxy.cfg"]
    assert re.search(r"default-server inter 1s .* rise 1 .* init-addr none$", text, re.MULTILINE)
    assert text.count("server db-1 db-1.db-headless.data.svc.cluster.local:5432") == 2
    assert "OPTIONS /primary" in text
    assert "OPTIONS /replica" in text


def test_without_a_namespace_the_proxy_learns_it_from_its_pod() -> None:
    context = shop({**SHAPES["etcd"], "namespace": None})
    assert 'server db-1 "db-1.db-headless.${POD_NAMESPACE}.svc.cluster.local:5432"' in files(context)["haproxy.cfg"]
    (one,) = (item for item in containers(rendered(context)) if item["name"] == "haproxy")
    assert [item["name"] for item in one["env"]] == ["POD_NAMESPACE"]


def test_the_pooler_shares_what_the_budget_says() -> None:
    stated = {**POOLER, "mode": "session", "max_client_connections": 321}
    text = files(shop({**SHAPES["etcd"], "connections": {"pooler": stated}}))["pgbouncer.ini"]
    for line in (
        "shop = host=127.0.0.1 port=5000",
        "pool_mode = session",
        "default_pool_size = 7",
        "max_client_conn = 321",
    ):
        assert f"\n{line}\n" in text
    direct = files(shop(SHAPES["kubernetes, pooled"]))["pgbouncer.ini"]
    assert "\nshop = host=db-primary port=5432\n" in direct
    assert "max_prepared_statements" in direct
    odd = files(shop({**SHAPES["etcd, pooled"], "databases": [{"name": "a b'".replace(" ", "=")}]}, []))[
        "pgbouncer.ini"
    ]
    assert "\n* = host=127.0.0.1 port=5000\n" in odd


def test_the_storage_class_is_nobodys_but_the_users() -> None:
    def classes(context: Context) -> set[str | None]:
        sets = [item["spec"] for item in rendered(context) if item["kind"] == "StatefulSet"]
        return {claim["spec"].get("storageClassName") for spec in sets for claim in spec["volumeClaimTemplates"]}

    assert classes(shop(SHAPES["etcd"])) == {None}
    assert classes(shop(SHAPES["etcd"], storage_class="fast")) == {"fast"}
    assert classes(shop({**SHAPES["etcd"], "storage_class": "own"}, storage_class="fast")) == {"own"}


def test_alone_it_runs_the_topologys_image_as_its_own_user() -> None:
    def server(**store: Any) -> dict[str, Any]:
        return of(shop(), "StatefulSet", "db", rendered(shop(store)))["spec"]["template"]["spec"]

    assert server(image="postgres:15")["securityContext"]["runAsUser"] == 999
    alpine = server(image="example.org:5000/postgres:15-alpine", connections={"max": 55})
    assert alpine["securityContext"]["runAsUser"] == 70
    (container,) = alpine["containers"]
    assert container["args"][:3] == ["postgres", "-c", "max_connections=55"]
    assert server(version="16")["containers"][0]["image"] == "postgres:16"
    env = [
        {"name": "POSTGRES_PASSWORD", "secret": {"name": "mine", "key": "word"}},
        {"name": "POSTGRES_DB", "value": "x"},
    ]
    names = [item["name"] for item in server(env=env)["containers"][0]["env"]]
    # The image refuses both a password and a file with one.
    assert "POSTGRES_PASSWORD" in names
    assert "POSTGRES_PASSWORD_FILE" not in names


@shapes
def test_no_secret_is_in_any_object_and_every_one_is_needed(shape: str) -> None:
    context = shop(SHAPES[shape])
    (need,) = needs(context, context.topology.datastore["db"])
    assert (need.name, need.namespace) == ("db-credentials", "data")
    assert all(key.recipe == f"{{db/{key.name}}}" and not key.optional for key in need.keys)
    text = json.dumps(rendered(context))
    asked = set(re.findall(r'"secretKeyRef": {"name": "db-credentials", "key": "([^"]+)"', text))
    asked |= set(re.findall(r'"key": "([^"]+)", "path": "\1"', text)) - {"10-databases.sh"}
    assert asked == {key.name for key in need.keys}
    assert "optional" not in text


ODD = "o'x\"$(touch${IFS}x)`id`\\;--*/%{}é"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@shapes
def test_scripts_are_clean_whatever_the_names(shape: str, tmp_path: Path) -> None:
    edges = [{"client": "orders", "server": "db", "mode": "writes", "database": ODD, "schemas": [ODD], "user": ODD}]
    found = files(shop(SHAPES[shape], edges))
    scripts = [name for name in found if name.endswith(".sh")]
    assert scripts
    for name in scripts:
        (tmp_path / name).write_text(found[name], encoding="utf-8")
        done = subprocess.run(["shellcheck", str(tmp_path / name)], capture_output=True, text=True, check=False)
        assert done.stdout == ""


def test_the_target() -> None:
    context = Context(load("target"), Settings())
    items = objects(context, context.topology.datastore["postgres"])
    assert validate(items, context.settings.kubernetes) == []
    kinds = [f"{item['kind']}/{item['metadata']['name']}" for item in items]
    assert len(set(kinds)) == len(kinds)
    assert {"Service/postgres", "Service/postgres-primary", "Service/postgres-replicas"} < set(kinds)
    assert {"StatefulSet/postgres", "StatefulSet/postgres-etcd", "Deployment/postgres-pooler"} < set(kinds)


@settings(max_examples=60, deadline=None)
@given(topologies())
def test_any_postgres_can_be_rendered_or_says_why_not(topology: Topology) -> None:
    context = Context(topology, Settings())
    for store in topology.datastores:
        if store.kind == "postgres" and context.runs(store):
            try:
                items = objects(context, store)
            except (DatabaseNameError, PostgresError):
                continue
            names = [(item["kind"], item["metadata"]["name"]) for item in items]
            assert len(set(names)) == len(names)
            for item in items:
                if item["kind"] == "ConfigMap" and "patroni.yml" in item["data"]:
                    assert yaml.safe_load(item["data"]["patroni.yml"])["scope"] == store.name
