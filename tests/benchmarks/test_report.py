"""How long the report of a big system takes to make, to open in a browser and to search."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from novaplan.consolidation import Policy, consolidate
from novaplan.report.page import report
from novaplan.topology.base import replace
from novaplan.topology.datastore import Connections
from novaplan.topology.system import Topology
from tests.generate import groups, system

SIZES = ((60, 180), (500, 4_000))
MEMBERS = 5


@cache
def sides(services: int, dependencies: int) -> tuple[Topology, Topology]:
    """A big system and what it becomes: neighbours become one; servers take whatever is opened."""
    made = system(services=services, dependencies=dependencies)
    wide = Connections(max=100_000)
    stores = (replace(each, connections=wide) if each.kind == "postgres" else each for each in made.datastores)
    current = replace(made, datastores=tuple(stores))
    ports = [{"name": "http", "port": 8080}, {"name": "metrics", "port": 9090, "protocol": "metrics"}]
    settings = {"image": "merged", "language": "any", "framework": "any", "namespace": "area-0000", "team": "any"}
    merged = [
        {"name": f"group-{n}", "members": members, "internal": "in-process", "settings": {**settings, "ports": ports}}
        for n, members in enumerate(groups(current, services // MEMBERS))
    ]
    policy = Policy.model_validate({"name": "big", "rules": {"timeouts": "max"}, "groups": merged})
    return current, consolidate(current, policy)


@cache
def page(services: int, dependencies: int) -> str:
    return report(*sides(services, dependencies))


@pytest.mark.parametrize("size", SIZES, ids=["60", "500"])
def test_make(benchmark: Any, size: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.group = "make the report"
    sides(*size)

    text = benchmark.pedantic(page, args=size, rounds=1, iterations=1)

    assert 'id="walk-data"' in text  # there is a plan, with all its states
    with capsys.disabled():
        print(f"\n{size[0]} services: {len(text.encode()) / 1e6:.1f} MB")


@pytest.mark.parametrize("size", SIZES, ids=["60", "500"])
def test_open(benchmark: Any, size: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    driver = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or pytest.skip("needs chromium")
    benchmark.group = "open the report"
    file = tmp_path / "report.html"
    file.write_text(page(*size), encoding="utf-8")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        benchmark.pedantic(opened.goto, args=(file.as_uri(),), rounds=5, iterations=1, warmup_rounds=1)
        frames = opened.evaluate(SCROLL)
        browser.close()
    with capsys.disabled():
        print(f"\n{size[0]} services: scrolled at {1000 / frames:.0f} frames a second")


SCROLL = """async () => {
  const gaps = [];
  const height = document.documentElement.scrollHeight;
  let last = performance.now();
  for (let place = 0; place < 60; place++) {
    scrollTo({ top: height * place / 60, behavior: "instant" });
    await new Promise(requestAnimationFrame);
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  return gaps.sort((a, b) => a - b)[30];
}"""
"""The median time between two frames while the whole page is scrolled through, in milliseconds."""
