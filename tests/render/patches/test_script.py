"""``apply.sh``: what it runs, in which order, and when it stops."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from novaplan.render.manifests import Manifest
from novaplan.render.patches.files import files, summary
from novaplan.render.patches.patch import of_components, patch
from novaplan.render.tree import Tree
from tests.render.examples import objects, small

FAKE = Path(__file__).with_name("fake_kubectl.py")


def item(kind: str, name: str, *, space: str = "back", **body: Any) -> Manifest:
    notes = {"annotations": body.pop("annotations")} if "annotations" in body else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": space, **notes}, **body}


def secret(*keys: str, **more: Any) -> Manifest:
    notes = {"novaplan.dev/keys": json.dumps({key: f"the {key}" for key in keys})}
    return item("Secret", "s", annotations={**notes, **more}, type="Opaque")


class Cluster:
    """Runs the script of a patch against the stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        (folder / "bin" / "kubectl").write_text(f"#!{sys.executable}\n{FAKE.read_text()}")
        (folder / "bin" / "kubectl").chmod(0o755)
        self.fill({})

    def fill(self, secrets: dict[str, list[str]]) -> None:
        (self.folder / "secrets.json").write_text(json.dumps(secrets))

    def run(
        self, before: list[Manifest], after: list[Manifest], *words: str, **more: str
    ) -> tuple[int, str, list[str]]:
        """Exit status, what was said, and the calls of kubectl."""
        made = patch(before, after)
        Tree(files(made, before="a", after="b")).write(self.folder / "patch")
        (self.folder / "calls").write_text("")
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", str(self.folder / "patch" / "apply.sh"), *words],
            env={"PATH": path, "FAKE_CLUSTER": str(self.folder), **more},
            capture_output=True,
            text=True,
            check=False,
        )
        calls = [" ".join(json.loads(line)) for line in (self.folder / "calls").read_text().splitlines()]
        return done.returncode, done.stdout + done.stderr, calls


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_nothing_to_do_is_said(cluster: Cluster) -> None:
    same = objects(small())
    assert cluster.run(same, same) == (0, "nothing to do: both are the same objects\n", [])
    assert sorted(path.name for path in (cluster.folder / "patch").iterdir()) == ["apply.sh"]


def test_what_is_new_comes_before_what_goes(cluster: Cluster) -> None:
    old, new = item("ConfigMap", "old", data={}), item("ConfigMap", "new", data={})
    status, _, calls = cluster.run([old], [new])
    assert (status, calls) == (0, ["apply -f apply.yaml", "delete --ignore-not-found -f delete.yaml"])
    status, said, calls = cluster.run([old], [new], "diff")
    assert (status, calls) == (0, ["diff -f apply.yaml"])
    assert "delete ConfigMap back/old" in said
    assert cluster.run([old], [new], "everything")[0] == 2


def test_what_goes_may_stay_for_a_while(cluster: Cluster) -> None:
    before = [
        item("ConfigMap", "old", data={}),
        item("NetworkPolicy", "p", spec={"ingress": [1]}),
        secret("lost", "kept"),
    ]
    after = [item("NetworkPolicy", "p", spec={"ingress": [2]}), secret("kept")]
    cluster.fill({"s": ["lost", "kept"]})
    status, _, calls = cluster.run(before, after, "keep")
    assert (status, calls[1:]) == (0, ["apply -f keep.yaml", "apply -f apply.yaml"]), (
        "both policies hold, no key is lost"
    )
    kept = (cluster.folder / "patch" / "keep.yaml").read_text()
    assert "name: p-before\n" in kept
    assert "- 1\n" in kept
    calls = cluster.run(before, after, "delete")[2]
    assert not any(call.startswith("apply") for call in calls), "what later steps have applied stays"
    calls = cluster.run(before, after)[2]
    goes = ["delete --ignore-not-found -f keep.yaml", "delete --ignore-not-found -f delete.yaml"]
    assert calls[1:-1] == ["apply -f apply.yaml", *goes]


@pytest.mark.parametrize("failing", ["create", "patch", "apply"])
def test_nothing_goes_when_something_new_fails(cluster: Cluster, failing: str) -> None:
    before = [item("ConfigMap", "old", data={}), secret("kept")]
    after = [item("ConfigMap", "new", data={}), secret("kept", "more"), item("Secret", "t", type="Opaque")]
    cluster.fill({"s": ["kept", "more"]})
    status, _, calls = cluster.run(before, after, FAKE_FAILURE=failing)
    assert status == 1
    assert failing in calls[-1].split()
    assert not any("delete" in call for call in calls)


def test_one_component_alone() -> None:
    labels = {"labels": {"app.kubernetes.io/name": "db"}}
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "new", **labels}, "data": {}}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}
    made = patch(*of_components([item("ConfigMap", "y")], [item("ConfigMap", "z"), other, space, own], ["db"]))
    assert [one["metadata"]["name"] for one in made.applied] == ["new", "x"], "with the namespace that it needs"
    assert not made.deleted
    made = patch(*of_components([space, own], [other], ["db"]))
    assert [one["metadata"]["name"] for one in made.deleted] == ["x"]


def test_a_new_secret_waits_for_its_values(cluster: Cluster) -> None:
    after = [secret("key", "spare", **{"novaplan.dev/optional-keys": '["spare"]'}), item("ConfigMap", "c", data={})]
    status, said, calls = cluster.run([], after)
    assert status == 1
    assert "Secret back/s: key (the key)" in said
    assert "-n back get secret s" in calls[0]
    assert calls[1] == "create -f secret-back-s.yaml"
    assert not any("apply" in call for call in calls), "nothing before the values are there"
    cluster.fill({"s": ["key"]})
    status, said, calls = cluster.run([], after)
    assert (status, calls[-1]) == (0, "apply -f apply.yaml")
    assert "spare (the spare, optional)" in said
    assert not any(call.startswith("create") for call in calls), "what is there stays"


def test_a_secret_that_gains_and_loses_keys_keeps_its_values(cluster: Cluster) -> None:
    cluster.fill({"s": ["kept", "gained"]})
    status, _, calls = cluster.run([secret("kept", "lost")], [secret("kept", "gained")])
    first, *_, last = calls
    assert status == 0
    assert first.startswith("-n back patch secret s --type=merge -p ")
    assert "data" not in json.loads(first.partition(" -p ")[2])
    assert json.loads(last.partition(" -p ")[2]) == {"data": {"lost": None}}
    assert not any(call.startswith("apply") for call in calls)


def test_what_cannot_be_changed_is_made_anew(cluster: Cluster) -> None:
    before = [item("StatefulSet", "db", spec={"serviceName": "a"}), item("Service", "x", spec={"clusterIP": "None"})]
    after = [item("StatefulSet", "db", spec={"serviceName": "b"}), item("Service", "x", spec={})]
    status, said, calls = cluster.run(before, after, "diff")
    assert "spec.serviceName cannot be changed, so it is deleted and made anew; its pods go on" in said
    status, _, calls = cluster.run(before, after)
    assert (status, calls) == (
        0,
        [
            "-n back delete statefulset db --ignore-not-found --cascade=orphan",
            "-n back delete service x --ignore-not-found",
            "apply -f apply.yaml",
        ],
    )


def test_an_autoscaler_takes_over_from_what_was_applied(cluster: Cluster) -> None:
    before, after = item("Deployment", "d", spec={"replicas": 3}), item("Deployment", "d", spec={})
    calls = cluster.run([before], [after])[2]
    assert calls == ["apply set-last-applied --create-annotation -f last-applied.yaml", "apply -f apply.yaml"]
    assert cluster.run([after], [before])[2] == ["apply -f apply.yaml"]
    stopped = item("Deployment", "d", spec={"replicas": 0})
    assert cluster.run([stopped], [after])[2] == ["apply -f apply.yaml"], "an autoscaler leaves what is at zero there"


def test_claims_go_by_name_alone(cluster: Cluster) -> None:
    templates = [{"metadata": {"name": "data"}}]
    before = [item("PersistentVolumeClaim", "files", spec={})]
    before.append(item("StatefulSet", "db", spec={"replicas": 2, "volumeClaimTemplates": templates}))
    status, said, calls = cluster.run(before, [])
    assert (status, calls) == (0, ["delete --ignore-not-found -f delete.yaml"])
    assert "PersistentVolumeClaim" not in (cluster.folder / "patch" / "delete.yaml").read_text()
    assert "PersistentVolumeClaim back/data-db-1" in said
    calls = cluster.run(before, [], "claims")[2]
    assert calls == [
        f"-n back delete persistentvolumeclaim {name} --ignore-not-found"
        for name in ("files", "data-db-0", "data-db-1")
    ]
    assert cluster.run([], before, "claims")[2] == []


def test_a_claim_that_cannot_be_changed_stays(cluster: Cluster) -> None:
    before = item("PersistentVolumeClaim", "files", spec={"accessModes": ["ReadWriteOnce"]})
    after = item("PersistentVolumeClaim", "files", spec={"accessModes": ["ReadWriteMany"]})
    (said,) = summary(patch([before], [after]))
    assert said.startswith("keep PersistentVolumeClaim back/files as it is: spec.accessModes cannot be changed")
    assert cluster.run([before], [after])[::2] == (0, [])


def test_a_namespace_does_not_take_claims_with_it(cluster: Cluster) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old"}}
    status, said, calls = cluster.run([space], [], FAKE_CLAIMS="persistentvolumeclaim/files")
    assert (status, calls) == (1, ["-n old get persistentvolumeclaims -o name"])
    assert "persistentvolumeclaim/files" in said
    assert cluster.run([space], [])[2][-1] == "delete namespace old --ignore-not-found"
    inside = item("ConfigMap", "c", space="old", data={})
    calls = cluster.run(
        [space, inside], [item("ConfigMap", "new", data={})], FAKE_CLAIMS="persistentvolumeclaim/files"
    )[2]
    assert calls[:2] == ["apply -f apply.yaml", "delete --ignore-not-found -f delete.yaml"], "all but the namespace"


def test_namespaces_come_before_the_secrets_in_them(cluster: Cluster) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "back"}}
    calls = cluster.run([], [space, secret("key")])[2]
    assert calls.index("apply -f namespaces.yaml") < calls.index("create -f secret-back-s.yaml")


def ingress(name: str, *paths: str, **notes: str) -> Manifest:
    rules = [{"host": "h", "http": {"paths": [{"path": path} for path in paths]}}]
    return item("Ingress", name, annotations=notes, spec={"rules": rules})


def test_an_ingress_gives_its_paths_away_first() -> None:
    made = patch([ingress("a", "/x", "/y"), ingress("b", "/z")], [ingress("b", "/x", "/z"), ingress("a", "/y")])
    assert [one["metadata"]["name"] for one in made.applied] == ["a", "b"]
    made = patch([ingress("a", "/x")], [ingress("b", "/x")])
    assert [one.item["metadata"]["name"] for one in made.renewed] == ["a"]
    assert not made.deleted
    canary = {"nginx.ingress.kubernetes.io/canary": "true"}
    made = patch([ingress("a", "/x"), ingress("b", "/x", **canary)], [ingress("a", "/x", changed="yes")])
    assert not made.renewed, "a canary goes when its share has moved"
    assert [one["metadata"]["name"] for one in made.deleted] == ["b"]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_script_is_clean(cluster: Cluster) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old"}}
    hostile = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "$(rm -rf /)'\n"}, "data": {}}
    before = [space, secret("lost"), item("StatefulSet", "d", spec={"replicas": 1, "serviceName": "a"})]
    before += [item("PersistentVolumeClaim", "files", spec={})]
    after = [secret("gained"), item("StatefulSet", "d", spec={"serviceName": "b"}), item("Secret", "t"), hostile]
    made = files(patch(before, after), before="a\nrm -rf /", after="b")
    for script in (
        made,
        files(patch([], []), before="a", after="b"),
        files(patch(after, before), before="a", after="b"),
    ):
        done = subprocess.run(
            ["shellcheck", "--severity=warning", "-"], input=script["apply.sh"].text, capture_output=True, text=True
        )
        assert done.stdout == ""
