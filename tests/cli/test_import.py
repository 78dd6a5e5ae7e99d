"""``novaplan import``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Run, files

COMPOSE = """\
services:
  web:
    image: example/web:1
    environment:
      DATABASE_URL: postgres://app:hunter2@db:5432/shop
      CACHE: redis://cache/3
  db: {image: postgres:16, environment: {POSTGRES_DB: shop, POSTGRES_PASSWORD: hunter2}}
  cache: {image: redis:7}
"""
MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: example/web:1
          env: [{name: API_URL, value: "http://api.shop:8080"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: example/api:1, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 8080}]}
"""


def edges(text: str) -> set[tuple[str, str]]:
    return {(edge["source"], edge["target"]) for edge in json.loads(text)["edges"]}


@pytest.mark.parametrize(
    ("words", "name", "text", "expected"),
    [
        (("compose",), "docker-compose.yml", COMPOSE, {("web", "db"), ("web", "cache")}),
        (("kubernetes",), "all.yaml", MANIFESTS, {("web", "api")}),
    ],
)
def test_what_runs_becomes_a_topology(
    novaplan: Run, folder: Path, words: tuple[str, ...], name: str, text: str, expected: set[tuple[str, str]]
) -> None:
    (folder / name).write_text(text)
    printed = novaplan("import", *words, name)
    assert printed.status == 0
    assert f"read: {name}" in printed.err
    assert edges(novaplan("show", "-", "--format", "node-link", stdin=printed.out).out) == expected

    written = novaplan("import", *words, name, "-o", "found.yaml")
    assert written.out == ""
    assert written.err.endswith("wrote found.yaml\n")
    assert (folder / "found.yaml").read_bytes() == printed.out.encode()
    assert novaplan("import", *words, name).out == printed.out


def test_manifests_from_standard_input(novaplan: Run) -> None:
    shown = novaplan("show", "-", "--format", "json", stdin=novaplan("import", "kubernetes", "-", stdin=MANIFESTS).out)
    assert {service["name"]: service["replicas"] for service in json.loads(shown.out)["services"]} == {
        "web": 3,
        "api": 1,
    }


def test_values_of_secrets_stay_where_they_are(novaplan: Run, folder: Path) -> None:
    (folder / "docker-compose.yml").write_text(COMPOSE)
    result = novaplan("import", "compose", "docker-compose.yml")
    assert "hunter2" not in result.out + result.err


@pytest.mark.parametrize(
    ("words", "text", "problem"),
    [
        (("compose",), "services: [\n", "in.yaml:"),
        (("compose",), "services: {web: {image: x, extends: {service: wbe}}}\n", "wbe"),
        (("kubernetes",), "kind: [\n", "in.yaml:"),
        (("kubernetes", "missing"), None, "missing"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    novaplan: Run, folder: Path, words: tuple[str, ...], text: str | None, problem: str
) -> None:
    if text is not None:
        (folder / "in.yaml").write_text(text)
        words = (*words, "in.yaml")
    before = files(folder)
    result = novaplan("import", *words, "-o", "out.yaml")
    assert len(result.problems) == 1
    assert problem in result.problems[0]
    assert files(folder) == before


def test_standard_input_is_read_once(novaplan: Run) -> None:
    result = novaplan("import", "kubernetes", "-", "-")
    assert result.status == 2
    assert "standard input can be read once only" in result.err
