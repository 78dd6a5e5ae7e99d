"""Every field of a service, as Kubernetes runs it."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.capacity.totals import pod_amounts
from novaplan.quantity import parse_bytes, parse_millicores
from novaplan.render.workloads.configuration import variable_name
from novaplan.render.workloads.controllers import KINDS, NEVER
from novaplan.topology.service import Workload
from tests.render.examples import SYSTEMS, bundle, containers, names, objects, one, pods, small, system, template

KIND_NAMES = [(workload, kind) for workload, (_, kind) in KINDS.items()]


def api(kind: str = "Deployment", **changes: Any) -> dict[str, Any]:
    """The object that runs ``api``."""
    return one(objects(small(**changes)), kind, "api")


def pod(kind: str = "Deployment", **changes: Any) -> dict[str, Any]:
    """The spec of its pods."""
    spec: dict[str, Any] = template(api(kind, **changes))["spec"]
    return spec


def main(**changes: Any) -> dict[str, Any]:
    """The main container of ``api``, with these fields."""
    found: dict[str, Any] = pod(containers=[{"name": "api", "image": "api:1", **changes}])["containers"][0]
    return found


@pytest.mark.parametrize(("workload", "kind"), KIND_NAMES)
def test_every_kind_of_workload(workload: Workload, kind: str) -> None:
    spec = pod(kind, workload=workload)
    assert [item["image"] for item in spec["containers"]] == ["api:1"]
    assert spec.get("restartPolicy") == ("OnFailure" if "Job" in kind else None)
    assert spec["terminationGracePeriodSeconds"] == 30


def test_a_stateful_set_names_and_claims_for_each_pod() -> None:
    volumes = [{"name": "own", "size": "1Gi", "per_replica": True}, {"name": "all", "size": "2Gi"}]
    made = objects(small(workload="statefulset", replicas=2, volumes=volumes))
    spec = one(made, "StatefulSet", "api")["spec"]
    governing = one(made, "Service", spec["serviceName"])["spec"]
    assert (governing["clusterIP"], governing["publishNotReadyAddresses"]) == ("None", True)
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "own"
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert "storageClassName" not in claim["spec"]
    assert [item["name"] for item in spec["template"]["spec"]["volumes"]] == ["all", "writable-tmp"]
    assert one(made, "PersistentVolumeClaim", "all")["spec"]["accessModes"] == ["ReadWriteMany"], "two pods share it"


def test_volumes_elsewhere() -> None:
    volumes = [{"name": "own", "size": "1Gi", "per_replica": True}, {"name": "all", "size": "2Gi"}, {"name": "some"}]
    made = objects(small(volumes=volumes), storage_class="fast", mounts={"api/all": "/srv/all"})
    spec = one(made, "Deployment", "api")["spec"]["template"]["spec"]
    kept = {item["name"]: item for item in spec["volumes"]}
    assert kept["own"]["ephemeral"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "fast"
    assert kept["all"]["persistentVolumeClaim"] == {"claimName": "all"}
    assert kept["some"]["emptyDir"] == {}, "how much it would ask for is not known"
    claim = one(made, "PersistentVolumeClaim", "all")["spec"]
    assert (claim["accessModes"], claim["storageClassName"]) == (["ReadWriteOnce"], "fast")
    mounts = {item["name"]: item["mountPath"] for item in spec["containers"][0]["volumeMounts"]}
    assert mounts == {"own": "/data/own", "all": "/srv/all", "some": "/data/some", "writable-tmp": "/tmp"}


def test_services_that_name_one_volume_share_a_claim() -> None:
    volume = {"name": "files", "size": "1Gi"}
    services = [{"name": name, "namespace": "back", "volumes": [volume]} for name in ("api", "web")]
    made = objects(small(topology_services=services, topology_dependencies=[]))
    assert one(made, "PersistentVolumeClaim", "files")["spec"]["accessModes"] == ["ReadWriteMany"]


def test_jobs() -> None:
    job = api("Job", workload="job", replicas=3)["spec"]
    assert (job["parallelism"], job["completions"]) == (3, 3)
    cron = api("CronJob", workload="cronjob")["spec"]
    assert (cron["schedule"], cron["suspend"]) == (NEVER, True), "nobody says when it runs"
    made = objects(small(workload="cronjob"), schedules={"api": "*/10 * * * *"})
    cron = one(made, "CronJob", "api")["spec"]
    assert (cron["schedule"], cron["suspend"], cron["concurrencyPolicy"]) == ("*/10 * * * *", False, "Forbid")


def test_replicas_are_the_autoscalers_where_there_is_one() -> None:
    assert api(replicas=3)["spec"]["replicas"] == 3
    scaling = {"min": 2, "max": 5, "cpu_percent": 70, "memory_percent": 80}
    assert "replicas" not in api(replicas=3, autoscaling=scaling)["spec"]
    assert api(replicas=0, autoscaling=scaling)["spec"]["replicas"] == 0, "an autoscaler leaves alone what is at 0"
    spec = one(objects(small(autoscaling=scaling)), "HorizontalPodAutoscaler", "api")["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    shares = {item["resource"]["name"]: item["resource"]["target"]["averageUtilization"] for item in spec["metrics"]}
    assert shares == {"cpu": 70, "memory": 80}
    assert names(objects(small(workload="daemonset", autoscaling=scaling)), "HorizontalPodAutoscaler") == set()


@pytest.mark.parametrize("budget", [{"min_available": 1}, {"max_unavailable": "25%"}])
def test_disruption_budget(budget: dict[str, Any]) -> None:
    spec = one(objects(small(disruption_budget=budget)), "PodDisruptionBudget", "api")["spec"]
    assert spec.pop("selector") == {"matchLabels": {"app.kubernetes.io/name": "api"}}
    assert {name.lower() for name in spec} == {name.replace("_", "") for name in budget}
    assert [*spec.values()] == [*budget.values()]


def test_rollout() -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}}
    assert api(rollout={"max_surge": 1, "max_unavailable": "10%"})["spec"]["strategy"] == rolling
    assert api(rollout={"strategy": "recreate"})["spec"]["strategy"] == {"type": "Recreate"}
    one_way = api("DaemonSet", workload="daemonset", rollout={"max_surge": 0, "max_unavailable": 1})["spec"]
    assert one_way["updateStrategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert "updateStrategy" not in api("DaemonSet", workload="daemonset")["spec"]


@pytest.mark.parametrize("key", ["kubernetes.io/hostname", "topology.kubernetes.io/zone"])
def test_spread(key: str) -> None:
    preferred = pod(spread={"anti_affinity": "preferred", "topology_key": key})
    (rule,) = preferred["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert rule["podAffinityTerm"]["topologyKey"] == key
    required = pod(spread={"anti_affinity": "required", "topology_key": key})
    (term,) = required["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert (term["topologyKey"], term["labelSelector"]["matchLabels"]) == (key, {"app.kubernetes.io/name": "api"})
    (evenly,) = required["topologySpreadConstraints"]
    assert evenly["topologyKey"] != key
    assert evenly["whenUnsatisfiable"] == "ScheduleAnyway", "no pod waits for it"
    assert not {"affinity", "topologySpreadConstraints"} & pod().keys()


def test_termination() -> None:
    spec = pod(termination={"grace": "45500ms", "pre_stop": "14100ms"})
    assert spec["terminationGracePeriodSeconds"] == 46
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}
    assert "lifecycle" not in pod()["containers"][0]


PROBES = [
    ({"path": "/health", "port": "http"}, {"httpGet": {"path": "/health", "port": "http"}}),
    ({}, {"httpGet": {"path": "/", "port": "http"}}),
    ({"type": "tcp", "port": 81}, {"tcpSocket": {"port": 81}}),
    ({"type": "tcp", "port": "82"}, {"tcpSocket": {"port": 82}}),
    ({"type": "grpc", "port": "http"}, {"grpc": {"port": 8080}}),
    ({"type": "exec", "command": ["sh", "-c", "true"]}, {"exec": {"command": ["sh", "-c", "true"]}}),
]


@pytest.mark.parametrize(("probe", "how"), PROBES)
def test_probes(probe: dict[str, Any], how: dict[str, Any]) -> None:
    times = {"initial_delay": "1500ms", "period": "5s", "timeout": "2s", "failure_threshold": 2, "success_threshold": 3}
    made = main(probes={"readiness": {**probe, **times}, "liveness": {**probe, **times}})
    told = {**how, "initialDelaySeconds": 2, "periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 2}
    assert made["readinessProbe"] == {**told, "successThreshold": 3}
    assert made["livenessProbe"] == told, "Kubernetes takes one success only"
    assert "startupProbe" not in made


def test_a_port_whose_name_no_container_may_have_is_meant_by_number() -> None:
    port = {"name": "a-name-of-more-than-15", "port": 80, "target": 8080}
    made = objects(small(ports=[port], containers=[{"name": "api", "probes": {"startup": {"port": port["name"]}}}]))
    container = one(made, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]
    assert container["ports"] == [{"containerPort": 8080}]
    assert container["startupProbe"]["httpGet"]["port"] == 8080
    (served,) = one(made, "Service", "api")["spec"]["ports"]
    assert (served["name"], served["port"], served["targetPort"]) == (port["name"], 80, 8080)


VARIABLES = [
    ({"value": "a $(b) 'c'"}, {"value": "a $(b) 'c'"}),
    ({"value": ""}, {"value": ""}),
    ({"secret": {"name": "s", "key": "k"}}, {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
    (
        {"config": {"name": "c", "key": "k", "optional": True}},
        {"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k", "optional": True}}},
    ),
    ({"field": "metadata.name"}, {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}),
    ({"field": "limits.cpu"}, {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}),
    ({}, {"valueFrom": {"secretKeyRef": {"name": "api-values", "key": "X"}}}),
]


@pytest.mark.parametrize(("stated", "made"), VARIABLES)
def test_variables(stated: dict[str, Any], made: dict[str, Any]) -> None:
    assert main(env=[{"name": "X", **stated}])["env"] == [{"name": "X", **made}]


def test_a_value_that_is_not_held_is_asked_for() -> None:
    made = objects(small(containers=[{"name": "api", "env": [{"name": "TOKEN"}]}]))
    assert '"TOKEN"' in one(made, "Secret", "api-values")["metadata"]["annotations"]["novaplan.dev/keys"]


def test_a_config_map_that_is_named_holds_what_is_known() -> None:
    env = [{"name": name, "config": {"name": "shared", "key": name}, "value": name.lower()} for name in ("A", "B")]
    made = objects(small(containers=[{"name": "api", "env": env}]))
    assert one(made, "ConfigMap", "shared")["data"] == {"A": "a", "B": "b"}


def test_commands() -> None:
    assert main(command=["run", "--now"])["command"] == ["run", "--now"]
    assert main(command=["--now"])["args"] == ["--now"], "an option of what the image starts"


def test_kinds_of_containers() -> None:
    items = [
        {"name": "one", "kind": "sidecar"},
        {"name": "main"},
        {"name": "first", "kind": "init", "probes": {"readiness": {"type": "tcp", "port": 1}}},
        {"name": "beside", "kind": "native-sidecar"},
    ]
    made = api(containers=items, termination={"pre_stop": "5s"})
    spec = made["spec"]["template"]["spec"]
    assert [item["name"] for item in spec["containers"]] == ["main", "one"]
    assert [item["name"] for item in spec["initContainers"]] == ["beside", "first"]
    assert spec["initContainers"][0]["restartPolicy"] == "Always"
    assert "readinessProbe" not in spec["initContainers"][1]
    notes = made["spec"]["template"]["metadata"]["annotations"]
    assert notes["kubectl.kubernetes.io/default-container"] == "main"
    assert [item["name"] for item in containers(spec) if "lifecycle" in item] == ["main", "one"]


def test_a_service_of_which_no_container_is_known_has_one() -> None:
    made = objects(small(containers=[]), registry="registry.example", tag="7")
    (container,) = one(made, "Deployment", "api")["spec"]["template"]["spec"]["containers"]
    assert (container["name"], container["image"]) == ("api", "registry.example/api:7")


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_pod_takes_what_the_topology_says(name: str) -> None:
    made = {item["metadata"]["name"]: item for item in bundle(name).manifests if "spec" in item and _runs(item)}
    for service in system(name).services:
        amounts, _ = pod_amounts(service.containers)
        spec = template(made[service.name])["spec"]
        assert _effective(spec, "cpu", parse_millicores) == amounts.cpu_request_millicores, service.name
        assert _effective(spec, "memory", parse_bytes) == amounts.memory_request_bytes, service.name


def _runs(item: dict[str, Any]) -> bool:
    return item["kind"] in {kind for _, kind in KINDS.values()}


def _effective(spec: dict[str, Any], figure: str, parse: Any) -> int:
    def asked(container: dict[str, Any]) -> int:
        resources = container.get("resources", {})
        stated = {**resources.get("limits", {}), **resources.get("requests", {})}.get(figure)
        return 0 if stated is None else int(parse(stated))

    first = spec.get("initContainers", [])
    beside = sum(asked(item) for item in first if "restartPolicy" in item)
    running = beside + sum(map(asked, spec["containers"]))
    return max([running, *(beside + asked(item) for item in first if "restartPolicy" not in item)])


@pytest.mark.parametrize(
    ("image", "made"),
    [
        ("team/api:1", "r.example/x/team/api:1"),
        ("localhost/api@sha256:0", "r.example/x/api@sha256:0"),
        ("other.example:5000/team/api", "r.example/x/team/api"),
    ],
)
def test_another_registry(image: str, made: str) -> None:
    topology = small(containers=[{"name": "api", "image": image}])
    found = one(objects(topology, registry="r.example/x"), "Deployment", "api")["spec"]["template"]["spec"]
    assert found["containers"][0]["image"] == made


def test_an_image_for_a_component_is_that_of_its_main_container() -> None:
    items = [{"name": "api", "image": "api:1"}, {"name": "log", "kind": "sidecar", "image": "log:1"}]
    topology = small(containers=items)
    found = one(objects(topology, images={"api": "mine"}), "Deployment", "api")["spec"]["template"]["spec"]
    assert [item["image"] for item in found["containers"]] == ["mine", "log:1"]
    found = one(objects(topology, images={"api/log": "mine"}), "Deployment", "api")["spec"]["template"]["spec"]
    assert [item["image"] for item in found["containers"]] == ["api:1", "mine"]


@pytest.mark.parametrize("name", ["current", "target"])
def test_servers_keep_their_images(name: str) -> None:
    def images(**wanted: Any) -> set[str]:
        made = objects(system(name), **wanted)
        servers = [item for item in made if item["metadata"]["name"] in ("redis", "postgres") and _runs(item)]
        return {container["image"] for item in servers for container in containers(template(item)["spec"])}

    assert images() == images(registry="r.example", tag="7"), "those are of the system's own services"
    assert {"redis:mine", "postgres:mine"} <= images(images={"redis": "redis:mine", "postgres": "postgres:mine"})


def test_images_are_pulled_with_a_secret() -> None:
    made = one(objects(small(), pull_secrets=("login",)), "Deployment", "api")
    assert made["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "login"}]
    assert "imagePullSecrets" not in pod()


# ---------------------------------------------------------------- configuration


def test_settings_of_a_service_are_variables() -> None:
    made = objects(
        small(
            resilience={
                "timeout": "3s",
                "connect_timeout": "1s",
                "circuit_breaker": {"failure_percent": 50, "success_threshold": 5, "open_for": "1m"},
                "retries": {"max": 3, "delay": "100ms"},
                "connection_pool": 50,
                "queue": 1000,
            },
            flags=[{"name": "new-checkout", "enabled": True}, {"name": "old"}],
            termination={"grace": "60s", "drain": "20s"},
            processes=4,
            topology_datastores=[{"name": "db", "kind": "mysql"}],
            topology_dependencies=[
                {
                    "client": "api",
                    "server": "db",
                    "database": "orders",
                    "timeout": "2s",
                    "retries": {"max": 1},
                    "pool": {"max": 5, "idle_timeout": "30s", "max_lifetime": "30m", "acquire_timeout": "1s"},
                }
            ],
        )
    )
    assert one(made, "ConfigMap", "api-config")["data"] == {
        "DB_ORDERS_POOL_ACQUIRE_TIMEOUT_MS": "1000",
        "DB_ORDERS_POOL_IDLE_TIMEOUT_MS": "30000",
        "DB_ORDERS_POOL_MAX": "5",
        "DB_ORDERS_POOL_MAX_LIFETIME_MS": "1800000",
        "DB_ORDERS_RETRY_MAX": "1",
        "DB_ORDERS_TIMEOUT_MS": "2000",
        "FEATURE_NEW_CHECKOUT": "true",
        "FEATURE_OLD": "false",
        "HTTP_CIRCUIT_BREAKER_FAILURE_PERCENT": "50",
        "HTTP_CIRCUIT_BREAKER_OPEN_MS": "60000",
        "HTTP_CIRCUIT_BREAKER_SUCCESS_THRESHOLD": "5",
        "HTTP_CONNECT_TIMEOUT_MS": "1000",
        "HTTP_POOL_SIZE": "50",
        "HTTP_QUEUE_SIZE": "1000",
        "HTTP_RETRY_DELAY_MS": "100",
        "HTTP_RETRY_MAX": "3",
        "HTTP_TIMEOUT_MS": "3000",
        "PROCESSES": "4",
        "SHUTDOWN_DRAIN_MS": "20000",
    }


def test_dependencies_that_would_share_a_name_are_numbered() -> None:
    edges = [
        {"client": "api", "server": "db", "database": "a-b", "pool": {"max": 1}},
        {"client": "api", "server": "db", "database": "a.b", "pool": {"max": 2}},
        {"client": "api", "server": "db", "database": "a.b", "mode": "reads", "pool": {"max": 3}},
    ]
    store = {"name": "db", "kind": "mysql"}
    made = objects(small(topology_datastores=[store], topology_dependencies=edges))
    data = one(made, "ConfigMap", "api-config")["data"]
    assert data == {"DB_A_B_POOL_MAX": "1", "DB_A_B_2_POOL_MAX": "2", "DB_A_B_3_POOL_MAX": "3"}


def test_the_container_takes_them_and_its_own_variables_win() -> None:
    flags = [{"name": "old"}, {"name": "new"}]
    made = objects(small(flags=flags, containers=[{"name": "api", "env": [{"name": "FEATURE_OLD", "value": "true"}]}]))
    assert one(made, "ConfigMap", "api-config")["data"] == {"FEATURE_NEW": "false"}
    container = one(made, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]
    assert container["envFrom"] == [{"configMapRef": {"name": "api-config"}}]
    assert names(objects(small()), "ConfigMap") & {"api-config", "web-config"} == set()


def test_a_change_of_configuration_replaces_the_pods() -> None:
    def checksum(**changes: Any) -> str:
        found: str = api(**changes)["spec"]["template"]["metadata"]["annotations"]["novaplan.dev/config-checksum"]
        return found

    off, on = checksum(flags=[{"name": "x"}]), checksum(flags=[{"name": "x", "enabled": True}])
    assert off != on
    assert off == checksum(flags=[{"name": "x"}], description="another")


def test_a_config_map_of_that_name_is_left_alone() -> None:
    env = [{"name": "A", "config": {"name": "api-config", "key": "A"}, "value": "a"}]
    made = objects(small(flags=[{"name": "x"}], containers=[{"name": "api", "env": env}]))
    assert one(made, "ConfigMap", "api-config")["data"] == {"A": "a"}
    assert one(made, "ConfigMap", "api-novaplan-config")["data"] == {"FEATURE_X": "false"}


@pytest.mark.parametrize(
    ("words", "name"),
    [(("feature", "a-b.c"), "FEATURE_A_B_C"), (("9-lives",), "_9_LIVES"), (("日本語",), "UNNAMED"), (("a", "é"), "A")],
)
def test_names_of_variables(words: tuple[str, ...], name: str) -> None:
    assert variable_name(*words) == name


def test_clients_of_a_redis_with_sentinels_are_told_where_they_are() -> None:
    data = one(bundle("target").manifests, "ConfigMap", "api-service-config")["data"]
    assert data["REDIS_SENTINELS"].count(":26379") == 3
    assert data["REDIS_SENTINEL_MASTER"] == "mymaster"


def test_no_pod_gets_the_addresses_of_services_as_variables() -> None:
    assert all(spec["spec"]["enableServiceLinks"] is False for _, spec in pods(bundle("target").manifests))


def test_an_image_that_is_in_the_nodes_is_not_pulled_anew() -> None:
    """Without a policy Kubernetes pulls every ``:latest``, so one that was loaded would not be found."""
    assert main(image="api:latest")["imagePullPolicy"] == "IfNotPresent"
