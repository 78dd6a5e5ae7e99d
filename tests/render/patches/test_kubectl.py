"""Patches of steps of a plan, applied by kubectl itself to a stand-in for the API server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from novaplan.render.manifests import Manifest
from novaplan.render.patches.files import files
from novaplan.render.patches.patch import patch
from novaplan.render.tree import Tree
from tests.render.patches.api_server import Server, key, served
from tests.render.patches.test_fold import planned, states

STEPS = {
    "current": [
        "create-namespace/nova-redis",
        "create-secret/nova-services/api-service-secret",
        "redis-to-sentinel/redis",
        "deploy-dark/api-service",
        "move-autoscaling/api-service",
        "shift-route/streaming-ingest/streaming-service/100",
        "shift-route/search-service/api-service/5",
        "shift-route/search-service/api-service/100",
        "keep-name/search-service/api-service",
        "scale-to-zero/user-service",
        "delete-service/user-service",
        "drop-name/user-service/api-service",
        "remove-secret/user-service-secret",
        "remove-datastore/postgres-messaging",
    ],
    "shop": ["keep-name/invoicing/commerce-core", "delete-service/invoicing", "remove-namespace/backoffice"],
}
CASES = [(current, step) for current, steps in STEPS.items() for step in steps]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as found:
        yield found


@pytest.fixture
def path(server: Server, tmp_path: Path) -> str:
    """Where kubectl is found, which knows the server. It would ask that for schemas, of which a stand-in has
    none."""
    real = shutil.which("kubectl")
    if real is None:
        pytest.skip("kubectl is not installed; scripts/cluster-tools gets it")
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c"}}],
        "current-context": "c",
    }
    (tmp_path / "config").write_text(json.dumps(config))
    (tmp_path / "bin").mkdir()
    script = (
        '#!/bin/sh\ncase " $* " in *" apply -f "* | *" create -f "*) set -- "$@" --validate=false ;; esac\n'
        f'exec {real} --kubeconfig={tmp_path}/config --cache-dir={tmp_path}/cache "$@"\n'
    )
    (tmp_path / "bin" / "kubectl").write_text(script)
    (tmp_path / "bin" / "kubectl").chmod(0o755)
    return f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"


def carried_out(server: Server, path: str, folder: Path, before: list[Manifest], after: list[Manifest]) -> None:
    """Run the script, and once more with values for what it asks."""
    Tree(files(patch(before, after), before="before", after="after")).write(folder)
    command = ["sh", str(folder / "apply.sh")]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if "Fill these in" in done.stderr:
        server.fill()
        done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def is_run(server: Server, items: list[Manifest]) -> None:
    """Exactly these objects run; how many pods an autoscaler decides is left to it."""
    found = server.rendered()
    for item in items:
        if item["kind"] == "Deployment" and "replicas" not in item["spec"]:
            found.get(key(item), {}).get("spec", {}).pop("replicas", None)
    assert found == {key(item): item for item in items}


@pytest.mark.parametrize(("current", "step"), CASES, ids=[step for _, step in CASES])
def test_a_step_and_its_way_back(server: Server, path: str, tmp_path: Path, current: str, step: str) -> None:
    number = [item.id for item in planned(current)].index(step)
    before, after = states(current)[number : number + 2]
    server.put(before)
    values = {own: item["data"] for own, item in server.objects.items() if item["kind"] == "Secret"}
    carried_out(server, path, tmp_path / "patch", before, after)
    if step == "move-autoscaling/api-service":
        pods = server.objects["Deployment", "nova-services", "api-service"]["spec"]["replicas"]
        assert pods == 3, "not one pod less until the autoscaler decides"
    is_run(server, after)
    for own, known in values.items():
        kept = server.objects.get(own, {"data": known})["data"]
        assert all(known[name] == value for name, value in kept.items() if name in known)
    carried_out(server, path, tmp_path / "back", after, before)
    is_run(server, before)
