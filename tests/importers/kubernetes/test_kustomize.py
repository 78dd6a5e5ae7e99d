"""Kustomizations: bases, components, patches, generators and everything else they do to what they take."""

import pytest

from novaplan.importers.report import Report
from novaplan.topology.system import Topology
from tests.importers.kubernetes.conftest import Import, Write
from tests.importers.kubernetes.helpers import doubts, edges, left_out, refusal, running, service, store, workload

BASE = {"base/kustomization.yaml": "resources: [web.yaml, redis.yaml]\n"}
BASE |= {"base/web.yaml": running("web", env={"REDIS_ADDR": "redis:6379", "OLD": "x"})}
BASE |= {"base/redis.yaml": running("redis", 6379, image="redis:7")}


def build(
    load: Import, kustomization: str, path: str = "over", more: dict[str, str] | None = None
) -> tuple[Topology, Report]:
    """The base with an overlay on top."""
    files = BASE | {"over/kustomization.yaml": f"resources: [../base]\n{kustomization}"} | (more or {})
    return load(files=files, path=path)


def test_a_base(load: Import) -> None:
    topology, report = build(load, "")

    assert edges(topology) == {("web", "redis")}
    assert "read: over: a kustomization of 4 objects" in list(report.lines())


def test_the_kustomization_file_itself_may_be_named(load: Import) -> None:
    topology, _ = build(load, "", path="over/kustomization.yaml")

    assert set(topology.service) == {"web"}


def test_namespace_names_labels_images_and_replicas(load: Import) -> None:
    topology, _ = build(
        load,
        "namespace: shop\nnamePrefix: my-\nnameSuffix: -v1\ncommonLabels: {team: a}\nlabels: [{pairs: {x: y}}]\n"
        "images: [{name: example/app, newName: mirror/app, newTag: '2'}]\nreplicas: [{name: web, count: 4}]\n",
    )

    web = topology.service["my-web-v1"]
    assert (web.namespace, web.replicas, web.aliases) == ("shop", 4, ())
    assert web.containers[0].image == "mirror/app:2"
    assert topology.datastore["my-redis-v1"].namespace == "shop"


def test_references_follow_a_prefix(load: Import) -> None:
    container = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    secret = {"DB_URL": {"secretKeyRef": {"name": "keys", "key": "url"}}}
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: p-\n"
        "configMapGenerator: [{name: settings, literals: [REDIS_URL=redis://cache.net]}]\n",
        "base/a.yaml": "---\n".join(
            [
                workload("web", env=secret, container=container),
                service("web"),
                store("Secret", "keys", {"url": "postgres://u:p@pg.net/shop"}),
                "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, "
                "spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 3}}\n",
                "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {rules: [{http: "
                "{paths: [{path: /, backend: {service: {name: web, port: {number: 8080}}}}]}}]}}\n",
            ]
        ),
    }
    topology, report = load(files=files, path="base")

    assert edges(topology) == {("p-web", "cache.net"), ("p-web", "pg.net")}
    assert topology.service["p-web"].autoscaling is not None
    assert topology.routes[0].backends[0].service == "p-web"
    assert doubts(report) == ""


@pytest.mark.parametrize("field", ["patches:\n- patch: |-", "patchesStrategicMerge:\n- |-"])
def test_strategic_merges(load: Import, field: str) -> None:
    topology, _ = build(
        load,
        f"""{field}
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: web}}
    spec:
      replicas: 5
      template:
        spec:
          containers:
            - name: main
              env:
                - {{name: REDIS_ADDR, value: "cache.net:6379"}}
                - {{name: OLD, $patch: delete}}
                - {{name: NEW, value: "1"}}
            - {{name: extra, image: example/extra}}
""",
    )

    web = topology.service["web"]
    assert web.replicas == 5
    assert [item.name for item in web.containers] == ["extra", "main"]
    assert {item.name: item.value for item in web.containers[1].env} == {"REDIS_ADDR": "cache.net:6379", "NEW": "1"}
    assert edges(topology) == {("web", "cache.net")}


def test_deleting_by_patch(load: Import) -> None:
    patches = "".join(
        f"- patch: |-\n    {{apiVersion: {version}, kind: {kind}, metadata: {{name: redis}}, $patch: delete}}\n"
        for version, kind in (("apps/v1", "Deployment"), ("v1", "Service"))
    )
    topology, report = build(load, f"patches:\n{patches}")

    assert set(topology.datastore) == {"redis"}
    assert topology.datastore["redis"].deployment.type == "managed"
    assert "nothing here answers to 'redis'" in doubts(report)


def test_json_patches(load: Import) -> None:
    patches = """\
patches:
- target: {kind: Deployment, name: we.*}
  patch: |-
    - {op: replace, path: /spec/template/spec/containers/0/image, value: "example/other:3"}
    - {op: add, path: /spec/replicas, value: 7}
    - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: X, value: "y"}}
    - {op: remove, path: /spec/template/spec/containers/0/env/1}
    - {op: test, path: /spec/replicas, value: 7}
    - {op: move, from: /spec/template/spec/containers/0/args, path: /spec/template/spec/containers/0/command}
patchesJson6902:
- target: {group: apps, version: v1, kind: Deployment, name: redis}
  path: redis.json
"""
    more = {"over/redis.json": '[{"op": "add", "path": "/spec/replicas", "value": 2}]'}
    topology, _ = build(load, patches, more=more)

    web = topology.service["web"]
    assert (web.replicas, web.containers[0].image) == (7, "example/other:3")
    assert [item.name for item in web.containers[0].env] == ["REDIS_ADDR", "X"]
    assert topology.datastore["redis"].members == 2


def test_components(load: Import) -> None:
    topology, _ = load(
        files=BASE
        | {
            "over/kustomization.yaml": "resources: [../base]\ncomponents: [../parts/tracing, ../parts/scale]\n",
            "parts/tracing/kustomization.yaml": """\
kind: Component
apiVersion: kustomize.config.k8s.io/v1alpha1
resources: [collector.yaml]
patches:
- target: {labelSelector: traced=yes}
  patch: |-
    [{op: add, path: /spec/template/spec/containers/0/args, value: [--nothing]}]
- patch: |-
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [
      {name: main, env: [{name: COLLECTOR_ADDR, value: "collector:4317"}]}]}}}}
""",
            "parts/tracing/collector.yaml": running("collector", 4317),
            "parts/scale/kustomization.yaml": "kind: Component\nreplicas: [{name: web, count: 3}]\n"
            "images: [{name: redis, tagSuffix: -alpine}]\n",
        },
        path="over",
    )

    assert edges(topology) == {("web", "redis"), ("web", "collector")}
    assert topology.service["web"].replicas == 3
    assert topology.datastore["redis"].image == "redis:7-alpine"


def test_generators(load: Import) -> None:
    container = {"envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "keys"}}]}
    topology, _ = load(
        files={
            "over/kustomization.yaml": """\
resources: [web.yaml, settings.yaml]
configMapGenerator:
- {name: settings, behavior: merge, literals: [REDIS_HOST=cache.net]}
- {name: files, files: [app.conf, renamed.conf=app.conf]}
secretGenerator:
- {name: keys, envs: [keys.env]}
generatorOptions: {disableNameSuffixHash: true}
""",
            "over/settings.yaml": store("ConfigMap", "settings", {"REDIS_HOST": "old.net", "A": "b"}),
            "over/web.yaml": workload(
                "web",
                container=container | {"volumeMounts": [{"name": "files", "mountPath": "/etc/x"}]},
                pod={"volumes": [{"name": "files", "configMap": {"name": "files"}}]},
            )
            + "---\n"
            + running("api"),
            "over/app.conf": "\n\nproxy_pass http://api:8080;\n",
            "over/keys.env": "# keys\n\nDATABASE_URL=postgres://u:hunter2@pg.net/shop\n",
        },
        path="over",
    )

    places = {edge.server: edge.evidence[0] for edge in topology.dependencies}
    assert set(places) == {"cache.net", "pg.net", "api"}
    assert (places["pg.net"].file, places["pg.net"].line) == ("over/keys.env", 3)
    assert (places["api"].file, places["api"].line) == ("over/app.conf", 3)
    assert places["cache.net"].file == "over/kustomization.yaml"


def test_what_lies_elsewhere_is_told_and_not_fetched(load: Import) -> None:
    remote = "github.com/example/repo//deploy?ref=v1"
    _, report = load(files=BASE | {"over/kustomization.yaml": f"resources: [../base, '{remote}']\n"}, path="over")

    assert f"over/kustomization.yaml:1: {remote} lies elsewhere and is not fetched" in left_out(report)


def test_what_is_not_carried_out_is_told(load: Import) -> None:
    _, report = build(load, "replacements: [{source: {kind: ConfigMap}}]\nhelmCharts: [{name: x}]\n")

    assert "replacements: is not carried out" in doubts(report)
    assert "helmCharts: is not carried out" in doubts(report)


def test_a_patch_for_nothing_is_told(load: Import) -> None:
    _, report = build(load, "patches: [{target: {kind: Job}, patch: '[{op: remove, path: /spec}]'}]\n")

    assert "this patch changes nothing here" in doubts(report)


def test_a_folder_with_bases_and_one_overlay_is_built_once(load: Import) -> None:
    topology, report = load(
        files={f"k/{name}": text for name, text in BASE.items()}
        | {
            "k/over/kustomization.yaml": "resources: [../base]\nnamespace: shop\n",
            "k/base/unused.yaml": workload("unused"),
        },
        path="k",
    )

    assert set(topology.service) == {"web"}
    assert topology.service["web"].namespace == "shop"
    assert doubts(report) == ""


@pytest.mark.parametrize(
    ("kustomization", "complaint"),
    [
        ("resources: [gone.yaml]\n", "over/kustomization.yaml:1: resources: there is no 'gone.yaml'"),
        ("resources: [../over]\n", "this kustomization contains itself"),
        ("resources: [../empty]\n", "holds no kustomization.yaml"),
        ("- a\n", "should hold one map of fields"),
        (
            "resources: [../base]\npatches: [{patch: '[{op: remove, path: /nope}]', target: {kind: Deployment}}]\n",
            "there is no 'nope' where the path leads",
        ),
        (
            "resources: [../base]\npatches: [{patch: '[{op: fly, path: /spec}]', target: {kind: Deployment}}]\n",
            "is add, remove, replace, move, copy or test",
        ),
        ("resources: [../base]\npatches: [{target: {kind: Deployment}}]\n", "needs a patch or a path"),
        ("resources: [../base]\npatches: [web]\n", "should be a map with a patch or a path"),
        ("resources: [../base]\npatches: [{patch: 'a: ['}]\n", "is not valid YAML"),
        ("configMapGenerator: [{name: x, files: [gone.conf]}]\n", "gone.conf: there is no such file"),
        ("configMapGenerator: [{literals: [a=b]}]\n", "needs a name"),
        ("configMapGenerator: [{name: x, literals: [novalue]}]\n", "should be KEY=VALUE"),
    ],
)
def test_kustomizations_that_are_wrong(write: Write, tmp_path, kustomization: str, complaint: str) -> None:
    write(BASE | {"over/kustomization.yaml": kustomization})
    (tmp_path / "empty").mkdir()

    message = refusal("over")
    assert complaint in message
    assert "\n" not in message


def test_patterns_that_could_take_for_ever_are_not_tried(load: Import) -> None:
    _, report = build(load, "patches: [{target: {name: '(a+)+b'}, patch: '[{op: remove, path: /spec}]'}]\n")

    assert "this patch changes nothing here" in doubts(report)
