"""Kustomizations: kubectl and novaplan's own importer build exactly what the system renders to in each environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from novaplan.errors import UnknownNameError
from novaplan.importers.kubernetes import kustomize as importer
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.environments import DEVELOPMENT, context_for, context_without, environments
from novaplan.render.layouts import kustomize, plain
from novaplan.render.manifests import Manifest
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology
from tests.render.layouts.clusters import SYSTEMS, by_name, parsed, run, system, write


def staged(topology: Topology) -> Settings:
    """Environments that change everything an environment can."""
    services = [service for service in topology.services if service.workload == "deployment"]
    first = services[0]
    hosts = sorted({route.host for route in topology.routes if route.host and "*" not in route.host})
    staging = {
        "name": "staging",
        "replicas": {service.name: 2 for service in services},
        "images": {first.name: f"registry.example/staging/{first.name}@sha256:{'a' * 64}"},
        "hosts": {host: f"staging.{host}" for host in hosts},
        "storage_class": "slow",
    }
    many = {"name": "production", "replicas": {first.name: 7}, "storage_class": "fast-retain"}
    return Settings.model_validate({"environment": "production", "environments": [staging, many]})


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("described", [False, True], ids=["default environments", "described environments"])
def test_builds_are_what_each_environment_renders_to(name: str, described: bool, tmp_path: Path) -> None:
    topology = system(name)
    context = Context(topology, staged(topology) if described else Settings())
    folder = write(kustomize.tree(context, assemble), tmp_path)
    expected = {"base": assemble(context_without(context)).manifests}
    for environment in environments(context):
        expected[f"overlays/{environment.name}"] = assemble(context_for(context, environment)).manifests
    expected["."] = expected["overlays/production"]
    assert len(expected) == 4
    for place, wanted in expected.items():
        own = [dict(item.value) for item in importer.build(folder / place, [])]
        assert by_name(own) == by_name(wanted), place
        assert by_name(parsed(run("kubectl", "kustomize", folder / place))) == by_name(wanted), place
    assert expected["overlays/production"] != expected[f"overlays/{'staging' if described else DEVELOPMENT}"]


def test_the_plain_kustomization_builds(tmp_path: Path) -> None:
    bundle = assemble(Context(system("shop"), Settings()))
    folder = write(plain.tree(bundle), tmp_path)
    assert by_name(parsed(run("kubectl", "kustomize", folder))) == by_name(bundle.manifests)
    assert by_name([dict(item.value) for item in importer.build(folder, [])]) == by_name(bundle.manifests)


def replicas(items: list[Manifest], name: str) -> tuple[object, ...]:
    """What says how many pods of a service run."""
    mine = [item for item in items if item["metadata"]["name"] == name]
    found = {item["kind"]: item["spec"] for item in mine if "spec" in item}
    scaler = found.get("HorizontalPodAutoscaler", {})
    return found["Deployment"].get("replicas"), scaler.get("minReplicas"), scaler.get("maxReplicas")


def test_an_environment_scales_an_autoscaled_service_by_its_bounds() -> None:
    topology = system("target")
    scaled = next(service for service in topology.services if service.autoscaling is not None)
    assert scaled.autoscaling is not None
    for count in (1, 50):
        settings = Settings.model_validate({"environments": [{"name": "x", "replicas": {scaled.name: count}}]})
        context = Context(topology, settings)
        made = assemble(context_for(context, settings.environments[0])).manifests
        assert replicas(made, scaled.name) == (None, count, max(count, scaled.autoscaling.max))


def test_an_environment_may_only_name_what_there_is() -> None:
    name = system("shop").services[0].name
    wrong = {"name": "x", "replicas": {name + "x": 1}, "images": {f"{name}/nothing": "a"}, "hosts": {"no.example": "b"}}
    context = Context(system("shop"), Settings.model_validate({"environments": [wrong]}))
    with pytest.raises(UnknownNameError) as caught:
        kustomize.tree(context, assemble)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"environments.x.replicas: there is no service '{name}x' (did you mean '{name}'?)"
    assert len(lines) == 3
