"""The objects that run a Redis."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from novaplan.capacity.pods import pods
from novaplan.errors import InputError
from novaplan.quantity import parse_bytes, parse_millicores
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.datastores import redis
from novaplan.render.manifests import GENERATED_FOR, Manifest
from novaplan.render.validation.validate import validate
from novaplan.topology.base import replace
from tests.render.examples import one, settings
from tests.render.redis.examples import cache, context, objects, sentinel
from tests.strategies import datastores, sentinels

SPREAD = {"anti_affinity": "required", "topology_key": "topology.kubernetes.io/zone"}
AMOUNTS = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}
WATCH = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}
FULL: dict[str, Any] = {"spread": SPREAD, "resources": AMOUNTS, "storage": "5Gi", "storage_class": "fast"}


def workload(store: dict[str, Any], name: str = "cache") -> Manifest:
    return one(objects(context(store)), "StatefulSet", name)


def pod(store: dict[str, Any], name: str = "cache") -> dict[str, Any]:
    found: dict[str, Any] = workload(store, name)["spec"]["template"]["spec"]
    return found


def test_members_start_at_once_and_have_names_before_they_are_ready() -> None:
    made = objects(context(sentinel(members=5, sentinels=5)))
    spec = one(made, "StatefulSet", "cache")["spec"]
    assert (spec["replicas"], spec["podManagementPolicy"]) == (5, "Parallel")
    service = one(made, "Service", spec["serviceName"])["spec"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)
    assert service["selector"].items() <= spec["template"]["metadata"]["labels"].items()


def test_a_pod_has_no_more_rights_than_it_needs() -> None:
    made = pod(sentinel())
    assert made["enableServiceLinks"] is made["automountServiceAccountToken"] is False
    security = made["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"], security["fsGroup"]) == (True, 999, 1000)
    for item in made["containers"]:
        assert item["securityContext"]["readOnlyRootFilesystem"] is True
        # Redis and Sentinel write their configuration again: it lies where they may, and is no file of the ConfigMap.
        assert [(mount["mountPath"], mount.get("readOnly", False)) for mount in item["volumeMounts"]] == [
            ("/data", False),
            ("/config", True),
        ]
        assert all("subPath" not in mount for mount in item["volumeMounts"])


def test_spread_claims_and_resources_are_the_topologys() -> None:
    made = workload({**FULL, **sentinel(sentinel_resources=WATCH)})
    inside = made["spec"]["template"]["spec"]
    [rule] = inside["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["topologyKey"] == "topology.kubernetes.io/zone"
    assert rule["labelSelector"] == made["spec"]["selector"]
    assert [item["resources"] for item in inside["containers"]] == [AMOUNTS, WATCH]
    [claim] = made["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"] == {"requests": {"storage": "5Gi"}}
    assert claim["spec"]["storageClassName"] == "fast"
    assert "affinity" not in pod(sentinel())
    assert "resources" not in pod(sentinel())["containers"][0]


def test_without_storage_data_live_and_die_with_the_pod() -> None:
    made = workload({})
    assert "volumeClaimTemplates" not in made["spec"]
    assert {"name": "data", "emptyDir": {}} in made["spec"]["template"]["spec"]["volumes"]


def test_stated_health_checks_are_kept_and_missing_ones_added() -> None:
    stated = {
        "readiness": {"type": "tcp", "port": "redis", "period": "7s"},
        "startup": {"type": "tcp", "port": "client"},
    }
    server = pod({**sentinel(), "probes": stated})["containers"][0]
    assert server["readinessProbe"]["tcpSocket"] == {"port": "redis"}
    assert server["readinessProbe"]["periodSeconds"] == 7
    assert server["startupProbe"]["tcpSocket"] == {"port": "redis"}
    assert "livenessProbe" not in server
    server = pod({"port": 7000})["containers"][0]
    assert server["readinessProbe"]["exec"]["command"][-1] == "redis-cli -p 7000 ping | grep -q PONG"
    assert server["livenessProbe"]["tcpSocket"] == {"port": "redis"}


def test_a_master_has_time_to_hand_over() -> None:
    made = pod(sentinel())
    assert made["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == ["sh", "/config/hand-over.sh"]
    assert made["terminationGracePeriodSeconds"] >= 45
    assert "lifecycle" not in pod({})["containers"][0]


@pytest.mark.parametrize(("stated", "spec", "added"), [
    ({"disruption_budget": {"min_available": 2}}, {"minAvailable": 2}, False),
    ({}, {"maxUnavailable": 1}, True),
])  # fmt: skip
def test_disruptions_leave_enough(stated: dict[str, Any], spec: dict[str, int], added: bool) -> None:
    made = one(objects(context({**sentinel(), **stated})), "PodDisruptionBudget", "cache")
    assert spec.items() <= made["spec"].items()
    assert (GENERATED_FOR in made["metadata"].get("annotations", {})) is added


def test_a_single_server_has_no_budget_that_would_block_every_drain() -> None:
    assert not [item for item in objects(context({})) if item["kind"] == "PodDisruptionBudget"]


def test_sentinels_in_pods_of_their_own() -> None:
    made = objects(context({**FULL, **sentinel(placement="separate", sentinels=5, sentinel_resources=WATCH)}))
    servers, watchers = one(made, "StatefulSet", "cache"), one(made, "StatefulSet", "cache-sentinel")
    assert [item["name"] for item in servers["spec"]["template"]["spec"]["containers"]] == ["redis"]
    assert [item["name"] for item in watchers["spec"]["template"]["spec"]["containers"]] == ["sentinel"]
    assert watchers["spec"]["replicas"] == 5
    own = watchers["spec"]["selector"]["matchLabels"]
    assert own != servers["spec"]["selector"]["matchLabels"]
    [rule] = watchers["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert rule["labelSelector"]["matchLabels"] == own
    assert one(made, "Service", "cache-sentinel")["spec"]["selector"] == own
    assert one(made, "Service", watchers["spec"]["serviceName"])["spec"]["clusterIP"] == "None"
    assert one(made, "PodDisruptionBudget", "cache-sentinel")["spec"]["selector"] == {"matchLabels": own}


def test_variables_of_the_topology_are_kept_and_none_replaces_the_password() -> None:
    stated = [
        {"name": "TZ", "value": "UTC"},
        {"name": "REDISCLI_AUTH", "value": "known"},
        {"name": "LICENCE"},
    ]
    where = context({"env": stated})
    made = {item["name"]: item for item in pod({"env": stated})["containers"][0]["env"]}
    assert made["TZ"]["value"] == "UTC"
    assert made["REDISCLI_AUTH"]["valueFrom"]["secretKeyRef"] == {"name": "cache-credentials", "key": "password"}
    hidden = made["LICENCE"]["valueFrom"]["secretKeyRef"]
    needed = {(need.name, key.name) for need in assemble(where).needs for key in need.keys}
    assert {("cache-credentials", "password"), (hidden["name"], hidden["key"])} == needed


def test_images() -> None:
    def images(store: dict[str, Any], **wanted: Any) -> list[str]:
        made = one(objects(context(store, **wanted)), "StatefulSet", "cache")
        return [item["image"] for item in made["spec"]["template"]["spec"]["containers"]]

    assert images({}) == ["redis:7-alpine"]
    assert images({"version": "7.2"}) == ["redis:7.2-alpine"]
    assert images({"image": "mine:1"}, registry="registry.example", tag="9") == ["mine:1"]
    assert images({"image": "mine:1", **sentinel()}, images={"cache/sentinel": "watch:2", "cache": "other:3"}) == [
        "other:3",
        "watch:2",
    ]


def amounts(made: list[Manifest]) -> tuple[int, int, int, int]:
    """Pods, millicores and bytes that they request, bytes that they claim."""
    found = [0, 0, 0, 0]
    for item in made:
        if item["kind"] == "StatefulSet":
            number = item["spec"]["replicas"]
            found[0] += number
            for one_of in item["spec"]["template"]["spec"]["containers"]:
                stated = one_of.get("resources", {})
                asked = {**stated.get("limits", {}), **stated.get("requests", {})}  # as Kubernetes fills it in
                found[1] += number * parse_millicores(asked.get("cpu", 0))
                found[2] += number * parse_bytes(asked.get("memory", 0))
            for claim in item["spec"].get("volumeClaimTemplates", []):
                found[3] += number * parse_bytes(claim["spec"]["resources"]["requests"]["storage"])
    return found[0], found[1], found[2], found[3]


@given(datastores(name="cache"), st.none() | sentinels())
def test_whatever_it_is_like_it_asks_for_what_is_computed_or_is_refused(store: Any, chosen: Any) -> None:
    plain = cache(context({}))
    changed = replace(
        store,
        kind="redis",
        namespace="back",
        image=None,
        deployment=chosen or plain.deployment,
        connections=plain.connections,
    )
    topology = replace(context({}).topology, datastores=(changed,))
    where = Context(topology, settings())
    try:
        made = redis.objects(where, changed)
    except InputError:
        reject()
    wanted = [item for item in pods(topology) if item.workload.name.partition("/")[0] == "cache"]
    assert amounts(made) == (
        len(wanted),
        sum(item.cpu_request_millicores for item in wanted),
        sum(item.memory_request_bytes for item in wanted),
        sum(item.storage_bytes for item in wanted),
    )
    assert validate(made, settings().kubernetes[:1]) == []
