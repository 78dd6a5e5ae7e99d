"""What will run badly, or not at all, is said: on the tree, and in the report of both languages."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.render.render import render_manifests
from novaplan.topology.system import Topology
from tests.render.examples import SYSTEMS, settings, small, system

REPORT = "K8S_CONFIGURATION_VALIDATION_REPORT.md"


def risks(topology: Topology, **wanted: Any) -> list[str]:
    return [*render_manifests(topology, settings().model_copy(update=wanted)).risks]


def with_store(kind: str, env: list[dict[str, Any]], storage: str | None = "1Gi", **store: Any) -> Topology:
    """``api`` logs in at ``db``."""
    return small(
        containers=[{"name": "api", "image": "api:1", "env": env}],
        topology_datastores=[{"name": "db", "kind": kind, "storage": storage, **store}],
        topology_dependencies=[{"client": "api", "server": "db", "mode": "writes"}],
        topology_secrets=[{"name": "mine", "keys": [{"name": "url", "opens": "datastore:db"}, {"name": "other-url"}]}],
    )


def taken(key: str, secret: str = "mine") -> dict[str, Any]:
    return {"name": "URL", "secret": {"name": secret, "key": key}}


@pytest.mark.parametrize("kind", ["postgres", "redis"])
@pytest.mark.parametrize(
    ("env", "said"),
    [
        ([{"name": "ADDR", "value": "db:6379"}, {"name": "TZ", "value": "UTC"}], "api (ADDR)"),
        ([], "api"),
        ([taken("url")], None),
        ([{"name": "HIDDEN"}], None),
        ([taken("other-url")], None),
        ([taken("password", "db-credentials")], None),
    ],
)
def test_a_client_that_nothing_gives_the_password_to(kind: str, env: list[dict[str, Any]], said: str | None) -> None:
    found = risks(with_store(kind, env))
    assert found == ([f"db: it wants a password, and nothing gives it to {said}"] if said else [])


def test_a_server_that_somebody_else_runs_is_their_business() -> None:
    assert risks(with_store("redis", [], deployment={"type": "managed"})) == []


def test_data_without_a_volume() -> None:
    assert risks(with_store("postgres", [taken("url")], storage=None)) == [
        "db: no storage is stated, so all of its data are gone when its pod is deleted"
    ]


def test_an_image_that_nobody_states() -> None:
    bare = small(containers=[{"name": "api"}, {"name": "beside", "kind": "sidecar"}])
    said = "no image is stated of api/api, api/beside, so one of that name is taken, whoever made it;"
    assert risks(bare) == [f"{said} --set images.api/api=IMAGE says which"]
    assert risks(bare, images={"api/api": "r.example/api:1", "api/beside": "r.example/b:1"}) == []


def test_the_report_counts_them_and_tells_them_in_its_own_language() -> None:
    bare = with_store("postgres", [{"name": "ADDR", "value": "db:5432"}], storage=None)
    texts = {
        language: render_manifests(bare, settings(), language=language).files[REPORT].text for language in ("en", "zh")
    }
    for text, words in ((texts["en"], "does not hold"), (texts["zh"], "不成立")):
        (line,) = [line for line in text.splitlines() if "(ADDR)" in line]
        assert words in line
    assert "nothing gives it to" not in texts["zh"]
    assert "no storage is stated" not in texts["zh"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_planned_runs_without_such_risks(name: str) -> None:
    assert bool(render_manifests(system(name), settings()).risks) == (name == "current")


@pytest.mark.parametrize("layout", ["kustomize", "helm", "compose"])
def test_every_layout_says_them(layout: Any) -> None:
    assert render_manifests(system("current"), settings(), layout=layout).risks
