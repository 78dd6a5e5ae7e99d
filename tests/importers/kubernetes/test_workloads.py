"""Every kind of workload, and everything that other objects say about it."""

from pathlib import Path

import pytest

from tests.importers.kubernetes.conftest import Import, Write
from tests.importers.kubernetes.helpers import doubts, left_out, refusal, running, service, workload

CONTAINERS = "containers: [{name: main, image: example/app}]"
TEMPLATE = f"template: {{metadata: {{labels: {{app: x}}}}, spec: {{{CONTAINERS}}}}}"


@pytest.mark.parametrize(
    ("version", "kind", "spec", "expected"),
    [
        ("apps/v1", "Deployment", TEMPLATE, "deployment"),
        ("extensions/v1beta1", "Deployment", TEMPLATE, "deployment"),
        ("apps/v1", "StatefulSet", TEMPLATE, "statefulset"),
        ("apps/v1", "DaemonSet", TEMPLATE, "daemonset"),
        ("apps/v1", "ReplicaSet", TEMPLATE, "replicaset"),
        ("v1", "ReplicationController", TEMPLATE, "replicaset"),
        ("batch/v1", "Job", TEMPLATE, "job"),
        ("batch/v1", "CronJob", f"jobTemplate: {{spec: {{{TEMPLATE}}}}}", "cronjob"),
        ("v1", "Pod", CONTAINERS, "pod"),
        ("apps.openshift.io/v1", "DeploymentConfig", TEMPLATE, "deployment"),
        ("argoproj.io/v1alpha1", "Rollout", TEMPLATE, "deployment"),
        ("serving.knative.dev/v1", "Service", TEMPLATE, "deployment"),
    ],
)
def test_every_kind_of_workload(load: Import, version: str, kind: str, spec: str, expected: str) -> None:
    topology, _ = load(f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: x}}, spec: {{{spec}}}}}\n")

    assert [(item.name, item.workload) for item in topology.services] == [("x", expected)]


def test_lists_are_taken_apart(load: Import) -> None:
    inner = f"{{kind: Deployment, apiVersion: apps/v1, metadata: {{name: a}}, spec: {{{TEMPLATE}}}}}"
    bare = f"{{metadata: {{name: b}}, spec: {{{TEMPLATE}}}}}"
    topology, _ = load(
        f"{{apiVersion: v1, kind: List, items: [{inner}, {{apiVersion: v1, kind: List, items: []}}]}}\n",
        f"{{apiVersion: apps/v1, kind: DeploymentList, items: [{bare}]}}\n",
    )

    assert set(topology.service) == {"a", "b"}


def test_what_a_controller_made_is_part_of_it(load: Import) -> None:
    owner = "ownerReferences: [{kind: Deployment, name: web, controller: true}]"
    topology, report = load(
        workload("web"),
        f"{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: web-1, {owner}}}, spec: {{{TEMPLATE}}}}}\n",
    )

    assert set(topology.service) == {"web"}
    assert "ReplicaSet web-1: Deployment web made it" in left_out(report)


def test_tests_of_a_chart_are_left_out(load: Import) -> None:
    hook = 'annotations: {"helm.sh/hook": test}'
    topology, report = load(
        workload("web"), f"{{apiVersion: v1, kind: Pod, metadata: {{name: t, {hook}}}, spec: {{{CONTAINERS}}}}}\n"
    )

    assert set(topology.service) == {"web"}
    assert "Pod t: a test of its chart" in left_out(report)


def test_how_a_service_runs(load: Import) -> None:
    text = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
      template:
        metadata: {labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 60
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone}]
          containers:
            - name: sidecar
              image: example/sidecar
            - name: web
              image: example/web:1
              resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 1, memory: 1G}}
              ports: [{name: http, containerPort: 8080}, {containerPort: 9090, name: metrics}]
              readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5, failureThreshold: 2}
              livenessProbe: {tcpSocket: {port: 8080}, initialDelaySeconds: 20}
              startupProbe: {exec: {command: [curl, -u, "u:hunter2", localhost]}}
              lifecycle: {preStop: {exec: {command: [sh, -c, "sleep 15"]}}}
          volumes: [{name: data, persistentVolumeClaim: {claimName: files}}]
    """
    claim = (
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: files, namespace: shop}, "
        "spec: {resources: {requests: {storage: 5Gi}}}}\n"
    )
    budget = (
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: shop}, "
        "spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}}\n"
    )
    topology, _ = load(
        text, service("web", 80, namespace="shop", ports=[{"port": 80, "targetPort": "http"}]), claim, budget
    )

    web = topology.service["web"]
    assert (web.replicas, web.namespace, web.rollout.max_surge, web.rollout.max_unavailable) == (3, "shop", 1, 0)
    assert (web.spread.anti_affinity, web.spread.topology_key) == ("required", "topology.kubernetes.io/zone")
    assert (web.termination.grace, web.termination.pre_stop) == (60_000, 15_000)
    assert web.main is not None
    assert web.main.name == "web"
    assert (web.main.resources.requests.cpu, web.main.resources.limits.memory) == (250, 10**9)
    probes = web.main.probes
    assert probes.readiness is not None
    assert (probes.readiness.path, probes.readiness.port, probes.readiness.period) == ("/ready", "http", 5_000)
    assert probes.startup is not None
    assert "hunter2" not in " ".join(probes.startup.command)
    assert [(port.name, port.port, port.target, port.protocol) for port in web.ports] == [
        ("http", 80, 8080, "http"),
        ("metrics", 9090, None, "metrics"),
    ]
    assert [(volume.name, volume.size, volume.per_replica) for volume in web.volumes] == [("files", 5 << 30, False)]
    assert web.disruption_budget is not None
    assert web.disruption_budget.min_available == "50%"
    lines = Path("a.yaml").read_text(encoding="utf-8").splitlines()
    kinds = [next(line for line in lines[(place.line or 0) - 1 :] if "kind:" in line) for place in web.declared]
    assert ["Deployment" in kinds[0], "Service" in kinds[1], "PodDisruptionBudget" in kinds[2]] == [True] * 3


def test_claims_of_a_stateful_set(load: Import) -> None:
    claims = [
        {
            "metadata": {"name": "data"},
            "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "2Gi"}}},
        }
    ]
    topology, _ = load(
        workload("db", kind="StatefulSet", image="redis:7", ports=(6379,), replicas=3, volumeClaimTemplates=claims),
        workload("queue", kind="StatefulSet", volumeClaimTemplates=claims),
    )

    store = topology.datastore["db"]
    assert (store.storage, store.storage_class, store.members, store.deployment.type) == (2 << 30, "fast", 3, "cluster")
    assert topology.service["queue"].volumes[0].per_replica


def test_a_datastore_and_its_command_line(load: Import) -> None:
    args = (
        "--maxmemory",
        "256mb",
        "--maxmemory-policy",
        "allkeys-lru",
        "--appendonly",
        "yes",
        "--requirepass",
        "hunter2",
    )
    topology, _ = load(
        workload("redis", image="redis:7.2", ports=(6379,), args=args),
        workload("db", image="postgres:16", ports=(5432,), args=("-c", "max_connections=300")),
        workload("kafka", kind="StatefulSet", image="confluentinc/cp-kafka", ports=(9092,), replicas=3),
    )

    redis, db, kafka = (topology.datastore[name] for name in ("redis", "db", "kafka"))
    assert (redis.version, redis.port, redis.memory.max, redis.memory.eviction) == (
        "7.2",
        6379,
        256 << 20,
        "allkeys-lru",
    )
    assert redis.persistence.append_only
    assert db.connections.max == 300
    assert (kafka.deployment.type, kafka.members) == ("kafka", 3)


@pytest.mark.parametrize(
    ("version", "metrics", "percentages"),
    [
        ("autoscaling/v1", "targetCPUUtilizationPercentage: 60", (60, None)),
        (
            "autoscaling/v2",
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}, "
            "{type: Resource, resource: {name: memory, target: {averageUtilization: 80}}}]",
            (70, 80),
        ),
        ("autoscaling/v2beta1", "metrics: [{resource: {name: cpu, targetAverageUtilization: 55}}]", (55, None)),
    ],
)
def test_autoscalers(load: Import, version: str, metrics: str, percentages: tuple[int | None, int | None]) -> None:
    target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"
    topology, _ = load(
        workload("web"),
        f"{{apiVersion: {version}, kind: HorizontalPodAutoscaler, metadata: {{name: web}}, "
        f"spec: {{{target}, minReplicas: 2, maxReplicas: 9, {metrics}}}}}\n",
    )

    scaling = topology.service["web"].autoscaling
    assert scaling is not None
    assert (scaling.min, scaling.max, scaling.cpu_percent, scaling.memory_percent) == (2, 9, *percentages)
    assert topology.service["web"].replicas == 2


def test_an_autoscaler_of_nothing_is_told(load: Import) -> None:
    _, report = load(
        workload("web"),
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, "
        "spec: {scaleTargetRef: {kind: Deployment, name: gone}, maxReplicas: 3}}\n",
    )

    assert "scales Deployment 'gone', which is not here" in left_out(report)


def test_selectors_with_expressions(load: Import) -> None:
    expressions = (
        "matchExpressions: [{key: app, operator: In, values: [web, api]}, {key: canary, operator: DoesNotExist}]"
    )
    topology, _ = load(
        workload("web"),
        workload("api"),
        workload("new", labels={"app": "web", "canary": "yes"}),
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, "
        f"spec: {{maxUnavailable: 1, selector: {{{expressions}}}}}}}\n",
    )

    assert {item.name for item in topology.services if item.disruption_budget} == {"web", "api"}


def test_published_ports(load: Import) -> None:
    topology, _ = load(
        workload("a"),
        service("a", type="LoadBalancer", ports=[{"port": 443, "targetPort": 8080, "name": "https"}]),
        workload("b"),
        service("b", type="NodePort", ports=[{"port": 80, "targetPort": 8080, "nodePort": 30080}]),
        workload("c", ports=(53,)),
        service("c", ports=[{"port": 53, "name": "dns"}, {"port": 53, "name": "dns-udp", "protocol": "UDP"}]),
    )

    ports = {
        name: [(port.port, port.listens_on, port.published, port.protocol) for port in item.ports]
        for name, item in topology.service.items()
    }
    assert ports == {
        "a": [(443, 8080, 443, "https")],
        "b": [(80, 8080, 30080, "http")],
        "c": [(53, 53, None, "tcp"), (53, 53, None, "udp")],
    }


def test_routes(load: Import) -> None:
    v1 = """\
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      annotations: {nginx.ingress.kubernetes.io/rewrite-target: /$2}
    spec:
      tls: [{hosts: [shop.net], secretName: shop-tls}]
      rules:
        - host: shop.net
          http:
            paths:
              - path: /api(/|$)(.*)
                pathType: ImplementationSpecific
                backend: {service: {name: web, port: {name: p8080}}}
              - {path: /exact, pathType: Exact, backend: {service: {name: web, port: {number: 8080}}}}
              - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
              - {path: /bucket, backend: {resource: {kind: Bucket, name: b}}}
    """
    old = """\
    apiVersion: extensions/v1beta1
    kind: Ingress
    metadata: {name: old}
    spec:
      backend: {serviceName: web, servicePort: 8080}
      rules: [{host: old.net, http: {paths: [{backend: {serviceName: web, servicePort: p8080}}]}}]
    """
    gateway = """\
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: split}
    spec:
      hostnames: [new.net]
      rules:
        - matches: [{path: {type: PathPrefix, value: /v2}}]
          backendRefs: [{name: web, port: 8080, weight: 9}, {name: api, port: 8080, weight: 1}]
    """
    topology, report = load(running("web"), running("api"), v1, old, gateway)

    routes = {(route.host, route.path): route for route in topology.routes}
    assert set(routes) == {
        ("shop.net", "/api(/|$)(.*)"),
        ("shop.net", "/exact"),
        (None, "/"),
        ("old.net", "/"),
        ("new.net", "/v2"),
    }
    regex = routes["shop.net", "/api(/|$)(.*)"]
    assert (regex.match, regex.tls, regex.tls_secret, regex.rewrite) == ("regex", True, "shop-tls", "/$2")
    assert routes["shop.net", "/exact"].match == "exact"
    assert {(item.service, item.weight) for item in routes["new.net", "/v2"].backends} == {("web", 90), ("api", 10)}
    assert "route shop.net/gone leads to gone, which is no service here" in left_out(report)
    assert "Ingress web: a path whose backend is no Service" in left_out(report)


def test_what_the_model_has_no_place_for_is_named(load: Import) -> None:
    policy = "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p{0}}}}}\n"
    gateway = "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g, namespace: mesh}}\n"
    topology, report = load(workload("web"), *(policy.format(number) for number in range(5)), gateway)

    assert (topology.unmodelled[0].kind, topology.unmodelled[0].name) == ("Gateway", "g")
    assert len(topology.unmodelled) == 6
    assert "5 NetworkPolicy (p0, p1, p2, ...): kept by name" in left_out(report)
    assert {namespace.name for namespace in topology.namespaces} == {"mesh"}


def test_a_pause_longer_than_the_grace_period_is_told(load: Import) -> None:
    hook = {"lifecycle": {"preStop": {"sleep": {"seconds": 90}}}}
    topology, report = load(workload("web", container=hook))

    assert topology.service["web"].termination.pre_stop == 30_000
    assert "web pauses 90s before stopping, but is killed after 30s" in doubts(report)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (workload("web", replicas=-1), "Deployment web: replicas: -1 is too small; the least is 0"),
        (
            workload("web", replicas=2**31),
            "Deployment web: replicas: 2147483648 is too large; the largest is 2147483647",
        ),
        (workload("web", replicas="three"), "Deployment web: replicas: should be a whole number"),
        (
            workload("web", container={"resources": {"limits": {"memory": "lots"}}}),
            "Deployment web: memory: 'lots' is not a quantity such as 250m, 2 or 512Mi",
        ),
        (
            workload("web", container={"ports": [{"containerPort": 70000}]}),
            "containerPort should be a number from 1 to 65535",
        ),
        (workload("web", pod={"containers": "none"}), "Deployment web: containers: should be a list"),
        (
            workload("web", strategy={"rollingUpdate": {"maxSurge": "many"}}),
            "maxSurge: should be a count or a percentage",
        ),
        (service("web", ports=[{"port": 0}]), "Service web: port: should be a number from 1 to 65535"),
        (
            workload("web") + "---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, "
            "spec: {scaleTargetRef: {kind: Deployment, name: web},\n  minReplicas: 5, maxReplicas: 2}}\n",
            "minReplicas 5 is above maxReplicas 2; swap or correct them",
        ),
        (
            workload("web") + "---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, "
            "spec: {minAvailable: half, selector: {matchLabels: {app: web}}}}\n",
            "PodDisruptionBudget b: minAvailable: should be a count or a percentage such as 50%",
        ),
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {}}\n", "has no name; give it one under metadata.name"),
        ("{apiVersion: v1, kind: List, items: 3}\n", "items: should be a list of objects"),
    ],
)
def test_what_kubernetes_would_refuse(write: Write, text: str, complaint: str) -> None:
    write({"a.yaml": text})

    message = refusal()
    assert complaint in message
    assert message.startswith("a.yaml:")
    assert "\n" not in message
