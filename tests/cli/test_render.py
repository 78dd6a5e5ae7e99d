"""``novaplan render``."""

from __future__ import annotations

import importlib.util
import re
import stat
from pathlib import Path

import pytest
import yaml

from tests.cli.command import SHOP, Run, files

GUIDES = {
    "deploy-local-k8s.sh",
    "K8S_QUICK_START.md",
    "K8S_LOCAL_DEPLOYMENT_GUIDE.md",
    "K8S_DEPLOYMENT_SUMMARY.md",
    "K8S_FILES_INDEX.md",
    "K8S_CONFIGURATION_VALIDATION_REPORT.md",
}
PLAIN = {"kustomization.yaml", "microservices-deployments.yaml", "microservices-secrets.yaml"} | GUIDES


def deployments(folder: Path) -> dict[str, dict[str, object]]:
    """The Deployments of a folder by name."""
    items = yaml.safe_load_all((folder / "microservices-deployments.yaml").read_text())
    return {item["metadata"]["name"]: item for item in items if item["kind"] == "Deployment"}


IMAGELESS = (
    "novaplan: warning: no image is stated of {}, so one of that name is taken, whoever made it;"
    " --set images.{}=IMAGE says which\n"
)
"""The small system states none."""
FAILING = "novaplan: warning: {} checks do not hold: see {}/K8S_CONFIGURATION_VALIDATION_REPORT.md\n"


def test_a_folder_is_written(novaplan: Run, folder: Path) -> None:
    result = novaplan("render", "shop", "-o", "k8s/shop")
    assert (result.out, result.status) == ("", 0)
    written = f"wrote {len(list((folder / 'k8s/shop').iterdir()))} files to k8s/shop\n"
    assert result.err == written + IMAGELESS.format("cart, web", "cart") + FAILING.format(4, "k8s/shop")
    # The small system has no Secret: nobody needs one.
    assert {file.name for file in (folder / "k8s/shop").iterdir()} == PLAIN - {"microservices-secrets.yaml"}
    assert deployments(folder / "k8s/shop").keys() == {"web", "cart"}
    script = folder / "k8s/shop/deploy-local-k8s.sh"
    assert stat.S_IMODE(script.stat().st_mode) == 0o755


def test_the_target_is_eleven_files(novaplan: Run, folder: Path) -> None:
    topologies = Path(__file__).parents[2] / "topologies"
    assert novaplan("render", topologies / "target.yaml", "-o", "k8s").status == 0
    servers = {"redis-sentinel-statefulset.yaml", "postgres-ha-statefulset.yaml"}
    assert {file.name for file in (folder / "k8s").iterdir()} == PLAIN | servers


def test_only_what_differs_is_written(novaplan: Run, folder: Path) -> None:
    (folder / "more.yaml").write_text(SHOP.replace("replicas: 2", "replicas: 3"))
    result = novaplan("render", "more.yaml", "--since", "shop", "-o", "patch")
    assert (result.out, result.status) == ("", 0)
    assert result.err.startswith("wrote 2 files to patch\napply Deployment web\n")
    (item,) = yaml.safe_load_all((folder / "patch/apply.yaml").read_text())
    assert (item["kind"], item["spec"]["replicas"]) == ("Deployment", 3)
    assert "From shop to more.yaml" in (folder / "patch/apply.sh").read_text()
    assert stat.S_IMODE((folder / "patch/apply.sh").stat().st_mode) == 0o755
    result = novaplan("render", "shop", "--since", "shop", "-o", "patch")
    assert "nothing to do: both are the same objects" in result.err
    assert [path.name for path in (folder / "patch").iterdir()] == ["apply.sh"]
    for words in (
        ("--layout", "helm"),
        ("--secrets", "sealed-secrets", "--sealing-certificate", "c"),
        ("--lang", "zh"),
    ):
        assert novaplan("render", "shop", "--since", "shop", "-o", "patch", *words).status == 2
    only = ("render", "more.yaml", "--since", "shop", "-o", "patch", "--only")
    assert "nothing to do" in novaplan(*only, "cart").err
    assert "apply Deployment web" in novaplan(*only, "web").err
    assert novaplan(*only, "wbe").problems == ["only: there is no component 'wbe' (did you mean 'web'?)"]
    assert novaplan("render", "shop", "-o", "patch", "--only", "web").status == 2
    assert novaplan("render", "-", "--since", "-", "-o", "patch").status == 2
    (said,) = novaplan("render", "shop", "--since", "shop", "-o", "patch", "--secrets", "generate").problems
    assert "generate makes everything anew" in said


def test_rendering_twice_changes_nothing(novaplan: Run, folder: Path) -> None:
    novaplan("render", "shop", "-o", "k8s")
    before = files(folder)
    assert novaplan("render", "shop", "-o", "k8s").status == 0
    assert files(folder) == before


def test_what_is_no_longer_made_is_removed(novaplan: Run, folder: Path) -> None:
    novaplan("render", "shop", "-o", "k8s", "--layout", "kustomize")
    result = novaplan("render", "shop", "-o", "k8s")
    assert result.status == 0
    assert "removed k8s/base/kustomization.yaml, which is no longer part of it\n" in result.err
    assert not (folder / "k8s" / "base").exists()


@pytest.mark.parametrize("layout", ["plain", "kustomize", "helm", "compose"])
def test_every_layout_is_written_twice_and_read_back(novaplan: Run, folder: Path, layout: str) -> None:
    for _ in range(2):
        result = novaplan("render", "shop", "-o", "made", "--layout", layout)
        assert result.status == 0, result.err
    assert result.err.splitlines()[0].startswith("wrote ")
    assert result.err.splitlines(keepends=True)[1:] == [
        IMAGELESS.format("cart, web", "cart"),
        *([FAILING.format(4, "made")] if layout == "plain" else []),
    ]


def test_settings_reach_the_manifests(novaplan: Run, folder: Path) -> None:
    (folder / "models" / "mine.yaml").write_text("tag: '7'\nimages: {cart: other/cart@sha256:0}\n")
    result = novaplan(
        "render", "shop", "-o", "k8s", "--settings", "mine", "--set", "registry=r.example", "--set", "tag=8.0"
    )
    assert result.status == 0
    images = {
        name: item["spec"]["template"]["spec"]["containers"][0]["image"]  # type: ignore[index]
        for name, item in deployments(folder / "k8s").items()
    }
    assert images == {"web": "r.example/web:8.0", "cart": "other/cart@sha256:0"}


def test_an_environment(novaplan: Run, folder: Path) -> None:
    described = "environments: [{name: production}, {name: small, replicas: {web: 1}}]\n"
    (folder / "models" / "mine.yaml").write_text(described)
    words = ("render", "shop", "-o", "k8s", "--settings", "mine")
    assert novaplan(*words, "--environment", "small").status == 0
    assert deployments(folder / "k8s")["web"]["spec"]["replicas"] == 1  # type: ignore[index]
    assert novaplan(*words).status == 0
    assert deployments(folder / "k8s")["web"]["spec"]["replicas"] == 2  # type: ignore[index]
    assert novaplan(*words, "--environment", "smal").problems == [
        "environment: there is no environment 'smal' (did you mean 'small'?)"
    ]


def test_old_names_lead_to_the_heir(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "small.yaml").write_text(consolidated)
    result = novaplan("render", "small.yaml", "-o", "k8s", "--keep-old-names")
    assert (result.status, result.err.splitlines(keepends=True)[1:]) == (
        0,
        [IMAGELESS.format("store", "store"), FAILING.format(3, "k8s")],
    )
    items = yaml.safe_load_all((folder / "k8s/microservices-deployments.yaml").read_text())
    found = {item["metadata"]["name"]: item["spec"] for item in items if item["kind"] == "Service"}
    assert found.keys() >= {"store", "web", "cart"}
    assert found["web"]["selector"] == found["store"]["selector"]
    assert 80 in [port["port"] for port in found["web"]["ports"]]
    (folder / "topologies/shop.yaml").write_text(SHOP.replace("replicas: 2", "replicas: 3"))
    result = novaplan("render", "small.yaml", "-o", "k8s", "--keep-old-names")
    assert "novaplan: warning: shop, which shop-small was made from, has changed since" in result.err
    (folder / "small.yaml").write_text(consolidated.replace("source: shop", "source: gone"))
    assert "is not here" in novaplan("render", "small.yaml", "-o", "k8s", "--keep-old-names").err


def test_guides_in_chinese(novaplan: Run, folder: Path) -> None:
    assert novaplan("render", "shop", "-o", "k8s", "--lang", "zh").status == 0
    assert any("\u4e00" <= sign <= "\u9fff" for sign in (folder / "k8s/K8S_QUICK_START.md").read_text())


def test_values_are_made_beside_the_manifests(novaplan: Run, folder: Path) -> None:
    (folder / "topologies/db.yaml").write_text("name: db\ndatastores: [{name: redis, kind: redis}]\n")
    result = novaplan("render", "db", "-o", "k8s", "--secrets", "generate")
    assert result.status == 0, result.err
    values = folder / "k8s-secrets.yaml"
    assert stat.S_IMODE(values.stat().st_mode) == 0o600
    (secret,) = yaml.safe_load_all(values.read_text())
    assert secret["metadata"]["name"] == "redis-credentials"
    held = next(iter(secret["data"].values()))
    assert all(held.encode() not in text for name, text in files(folder / "k8s").items())
    before = files(folder)
    assert novaplan("render", "db", "-o", "k8s", "--secrets", "generate").status == 0
    assert files(folder) == before, "values are made once"
    (folder / "topologies/db.yaml").write_text("name: db\ndatastores: [{name: cache, kind: redis}]\n")
    (said,) = novaplan("render", "db", "-o", "k8s", "--secrets", "generate").problems
    assert said.startswith(f"{values}: exists, and its values may be in use; --force")
    (folder / "topologies/db.yaml").write_text("name: db\ndatastores: [{name: redis, kind: redis}]\n")
    words = ("render", "db", "-o", "other", "--secrets", "generate", "--secrets-file", "mine.yaml")
    assert novaplan(*words).status == 0
    assert (folder / "mine.yaml").read_text() != values.read_text()


@pytest.mark.parametrize("layout", ["kustomize", "helm"])
def test_values_are_made_for_every_layout(novaplan: Run, folder: Path, layout: str) -> None:
    (folder / "topologies/db.yaml").write_text("name: db\ndatastores: [{name: redis, kind: redis}]\n")
    result = novaplan("render", "db", "-o", "k8s", "--secrets", "generate", "--layout", layout)
    assert result.status == 0, result.err
    assert "redis-credentials" in (folder / "k8s-secrets.yaml").read_text()


def test_checks_that_do_not_hold_are_told(novaplan: Run, folder: Path) -> None:
    """One Sentinel of two suffices to lead: the report says that it does not hold, and so does standard error."""
    store = (
        "{name: redis, kind: redis, storage: 1Gi, deployment: {type: sentinel, members: 2, sentinels: 2, quorum: 1}}"
    )
    (folder / "topologies/db.yaml").write_text(f"name: db\ndatastores: [{store}]\n")
    result = novaplan("render", "db", "-o", "k8s")
    assert result.status == 0
    text = (folder / "k8s/K8S_CONFIGURATION_VALIDATION_REPORT.md").read_text()
    (_, _, failing, _) = re.search(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert int(failing) > 1
    assert FAILING.format(failing, "k8s") in result.err


def test_what_everybody_reaches_is_told(novaplan: Run, folder: Path) -> None:
    routes = "routes: [{listen: 8080, backends: [{service: cart, port: http}]}]\n"
    (folder / "topologies/shop.yaml").write_text(SHOP + routes)
    said = "novaplan: warning: everybody reaches cart by a {} for each port; --set network.public={} makes it a {}\n"
    balancer, port = "LoadBalancer", "NodePort"
    assert said.format(balancer, port, port) in novaplan("render", "shop", "-o", "k8s").err
    changed = novaplan("render", "shop", "-o", "k8s", "--set", "network.public=NodePort")
    assert said.format(port, balancer, balancer) in changed.err
    assert "everybody" not in novaplan("render", "shop", "-o", "made", "--layout", "compose").err


def test_an_empty_name_is_no_folder(novaplan: Run, folder: Path) -> None:
    before = files(folder)
    result = novaplan("render", "shop", "-o", "")
    assert (result.status, "should name a folder" in result.err) == (2, True)
    assert files(folder) == before


@pytest.mark.parametrize("form", ["external-secrets", "sealed-secrets", "generate"])
def test_compose_has_no_secrets(novaplan: Run, folder: Path, form: str) -> None:
    before = files(folder)
    (said,) = novaplan("render", "shop", "-o", "made", "--layout", "compose", "--secrets", form).problems
    assert said == f"secrets: compose has no Secrets, so {form} does nothing for it; fill in a copy of .env.example"
    assert files(folder) == before


@pytest.mark.parametrize("layout", ["kustomize", "helm", "compose"])
def test_only_the_plain_layout_has_guides(novaplan: Run, folder: Path, layout: str) -> None:
    before = files(folder)
    (said,) = novaplan("render", "shop", "-o", "made", "--layout", layout, "--lang", "zh").problems
    assert said == f"language: the layout {layout} has no guides; only plain has, in zh too"
    assert files(folder) == before


def test_sealing_needs_a_certificate(novaplan: Run, folder: Path) -> None:
    before = files(folder)
    (said,) = novaplan("render", "shop", "-o", "k8s", "--secrets", "sealed-secrets").problems
    assert said.startswith("sealed secrets need the cluster's certificate")
    assert files(folder) == before


@pytest.mark.skipif(importlib.util.find_spec("jsonschema_rs") is None, reason="the extra validate is not installed")
def test_validation(novaplan: Run, folder: Path) -> None:
    assert novaplan("render", "shop", "-o", "k8s", "--validate").status == 0
    wrong = SHOP.replace("termination: {grace: 45s}", "autoscaling: {min: 1, max: 2, cpu_percent: 50}")
    (folder / "topologies/shop.yaml").write_text(wrong)
    assert novaplan("render", "shop", "-o", "k8s", "--validate").status == 0
    (said,) = novaplan("render", "shop", "-o", "k8s", "--validate", "--set", "kubernetes=['1.2']").problems
    assert "1.2" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "registy=x"), "--set registy=x: registy is not a known field (did you mean 'registry'?)"),
        (("--set", "images.crt=x"), "images: there is no component or container 'crt' (did you mean 'cart'?)"),
        (("--set", "disabled=[cart]"), "disabled: cart is not optional: the system is not complete without it"),
        (("--settings", "mine.yaml"), "mine.yaml: there is no such file"),
        (("-o", "models"), "models/shop-policy.yaml: was not written by novaplan render; "),
        (("-o", "models/shop-policy.yaml"), "models/shop-policy.yaml: is a file; name a folder"),
        (("-o", "/proc/k8s"), "/proc/k8s: "),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(
    novaplan: Run, folder: Path, words: tuple[str, ...], said: str
) -> None:
    before = files(folder)
    (problem,) = novaplan("render", "shop", *(() if "-o" in words else ("-o", "k8s")), *words).problems
    assert problem.startswith(said)
    assert files(folder) == before


def test_a_folder_is_needed(novaplan: Run) -> None:
    result = novaplan("render", "shop")
    assert (result.status, "Missing option '--output' / '-o'" in result.err) == (2, True)


def test_standard_input(novaplan: Run, folder: Path) -> None:
    assert novaplan("render", "-", "-o", "k8s", stdin=SHOP).status == 0
    assert deployments(folder / "k8s").keys() == {"web", "cart"}
