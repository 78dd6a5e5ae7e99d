"""A small system as rendered, and its script in a folder of its own beside a stand-in for kubectl."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from novaplan.documents import writer
from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.guides.facts import Facts
from novaplan.render.guides.script import script
from novaplan.render.manifests import labels, manifest, selector
from novaplan.render.secrets import forms
from novaplan.render.settings import Settings
from novaplan.topology.datastore import Datastore, Sentinel
from novaplan.topology.service import Autoscaling, Port, Service, Startup
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Namespace

TOPOLOGY = Topology(
    name="shop",
    namespaces=(Namespace(name="data"), Namespace(name="web")),
    services=(
        Service(
            name="api",
            namespace="web",
            replicas=3,
            autoscaling=Autoscaling(min=3, max=9),
            startup=Startup(tier=1),
            ports=(Port(name="http", port=80),),
        ),
        Service(name="nightly", namespace="web", workload="cronjob"),
        Service(name="pages", namespace="web", replicas=2, startup=Startup(tier=2)),
    ),
    datastores=(
        Datastore(
            name="redis",
            kind="redis",
            namespace="data",
            deployment=Sentinel(members=3, sentinels=3, quorum=2, type="sentinel"),
        ),
    ),
)
NEEDS = (
    SecretNeed("redis-credentials", "data", (Key("password", recipe="{redis/server}"),)),
    SecretNeed("api", "web", (Key("licence"), Key("redis-url", recipe="redis://:{redis/server}@redis.data:6379"))),
    SecretNeed("extra", "web", (Key("flag", optional=True),)),
)


def pod(name, image, *, port=None, required=False, probe=None, secrets=()):
    """``secrets`` are the name, the key and whether it is optional of each variable."""
    env = [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key, "optional": optional}}}
        for secret, key, optional in secrets
    ]
    container = {"name": name, "image": image, "env": env}
    if port:
        container["ports"] = [{"containerPort": port}]
    if probe:
        container["readinessProbe"] = probe
    spec = {"terminationGracePeriodSeconds": 30, "containers": [container]}
    if required:
        term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": selector(name)}}
        spec["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return {"metadata": {"labels": labels(name, instance="shop")}, "spec": spec}


def of(kind, name, namespace, api="apps/v1", **spec):
    own = labels(name, instance="shop")
    return manifest(api, kind, name, namespace=namespace, labels=own, spec=spec)


def workload(kind, name, namespace, template, **spec):
    return of(kind, name, namespace, selector={"matchLabels": selector(name)}, template=template, **spec)


def rendered(form="placeholder", *, topology=TOPOLOGY, needs=NEEDS, **more):
    """The facts of the small system; ``more`` are further files."""
    context = Context(topology, Settings())
    claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "5Gi"}}}}
    redis = workload(
        "StatefulSet",
        "redis",
        "data",
        pod("redis", "redis:7", port=26379, required=True, secrets=[("redis-credentials", "password", False)]),
        replicas=3,
        volumeClaimTemplates=[claim],
    )
    web = [
        workload(
            "Deployment",
            "api",
            "web",
            pod(
                "api",
                "shop/api",
                probe={"periodSeconds": 5, "initialDelaySeconds": 15},
                secrets=[("api", "licence", False), ("api", "redis-url", False)],
            ),
        ),
        of("CronJob", "nightly", "web", "batch/v1", jobTemplate={"spec": {"template": pod("nightly", "shop/nightly")}}),
        workload(
            "Deployment", "pages", "web", pod("pages", "shop/pages", secrets=[("extra", "flag", True)]), replicas=2
        ),
        of("Service", "api", "web", "v1", ports=[{"name": "http", "port": 80}], selector=selector("api")),
        of(
            "Ingress",
            "shop",
            "web",
            "networking.k8s.io/v1",
            ingressClassName="nginx",
            tls=[{"hosts": ["shop.example"]}],
            rules=[{"host": "shop.example"}],
        ),
    ]
    spaces = [manifest("v1", "Namespace", name, namespace=None, labels={}) for name in ("data", "web")]
    files = {
        "redis-sentinel-statefulset.yaml": [spaces[0], redis],
        "microservices-secrets.yaml": [spaces[1], *forms.objects(context, needs, form)],
        "microservices-deployments.yaml": web,
    }
    return Facts(context, {**files, **more}, needs, form)


class Cluster:
    """A folder with the script and what it deploys, and a stand-in for kubectl that plays a cluster."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        self.folder = folder / "out"
        self.folder.mkdir()
        self.log = folder / "calls"
        self._state = folder / "cluster.json"
        tools = folder / "bin"
        tools.mkdir()
        kubectl = tools / "kubectl"
        kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "fake_kubectl.py"} "$@"\n')
        kubectl.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{tools}:/usr/bin:/bin", "FAKE_CLUSTER": str(self._state)}
        self.script = self.folder / "deploy-local-k8s.sh"
        self.script.write_text(script(facts))
        self.script.chmod(self.script.stat().st_mode | stat.S_IXUSR)
        for name, items in facts.files.items():
            (self.folder / name).write_text(writer.dump_all(items))
        node = {"labels": {"kubernetes.io/hostname": ""}}
        nodes = [{**node, "labels": {"kubernetes.io/hostname": f"worker-{number}"}} for number in range(3)]
        self.play(
            context="kind-shop",
            nodes=nodes,
            storage={"standard": True},
            ingress=["nginx"],
            definitions=[],
            namespaces={},
            secrets={"data/redis-credentials": ["password"], "web/api": ["licence", "redis-url"]},
            late=[],
            reasons={},
            objects={},
            claims={},
            log=str(self.log),
        )

    @property
    def state(self):
        return json.loads(self._state.read_text())

    def play(self, **changes):
        known = self.state if self._state.exists() else {}
        self._state.write_text(json.dumps({**known, **changes}))

    def run(self, *words, answer="", **environment):
        self.log.write_text("")
        return subprocess.run(
            [str(self.script), *words],
            input=answer,
            capture_output=True,
            text=True,
            timeout=120,
            env={**self.environment, **environment},
        )

    def calls(self, verb=None):
        """What kubectl was asked, without its options."""
        found = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [call for call in found if verb is None or verb in call]


@pytest.fixture
def facts():
    return rendered()


@pytest.fixture
def cluster(tmp_path, facts):
    return Cluster(tmp_path, facts)
