"""Rendering 5,000 services, everything included, and how it grows; writing YAML beside PyYAML's fastest dumper; and
holding objects against the schemas of Kubernetes beside kubernetes-validate. Times are of the processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import yaml

from novaplan.documents.writer import dump_all
from novaplan.garbage import uncollected
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from novaplan.render.render import render_manifests
from novaplan.render.settings import Settings
from novaplan.render.validation.validate import validate
from tests import generate

SERVICES = (1_250, 2_500, 5_000)
PER_SERVICE = 8
"""Dependencies."""
MOST_GROWTH = 2.6
"""Of the time when the system doubles: nothing grows with the square, on a busy machine."""
LEAST_FASTER = 4.0
ROUNDS = 3


def timed(work: Callable[[], Any]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


@cache
def objects() -> list[Manifest]:
    topology = generate.system(SERVICES[0], SERVICES[0] * PER_SERVICE)
    return assemble(Context(topology, Settings())).manifests


def test_rendering_grows_with_the_system() -> None:
    times = {}
    for services in SERVICES:
        topology = generate.system(services, services * PER_SERVICE)
        size = 0

        def everything(topology: Any = topology) -> None:
            nonlocal size
            size = sum(len(file.text) for file in render_manifests(topology).files.values())

        times[services] = timed(everything)
        print(f"\n{services:,} services: {times[services]:.1f} s for {size / 1e6:.0f} MB of files", end="")
    growth = [times[more] / times[fewer] for fewer, more in pairwise(SERVICES)]
    print(f"\ngrowth when the system doubles: {', '.join(f'{factor:.2f}' for factor in growth)}")
    assert max(growth) < MOST_GROWTH


def test_writing_is_faster_than_pyyaml() -> None:
    items = objects()
    # PyYAML would write anchors for what is the same object twice.
    apart = [yaml.load(dump_all([item]), yaml.CSafeLoader) for item in items]
    ours: list[float] = []
    theirs: list[float] = []
    with uncollected():  # which helps PyYAML more
        for _ in range(ROUNDS):
            ours.append(timed(lambda: dump_all(apart)))
            theirs.append(timed(lambda: yaml.dump_all(apart, Dumper=yaml.CSafeDumper, sort_keys=False)))
    ratio = min(theirs) / min(ours)
    print(f"\n{len(apart):,} objects: {min(ours):.2f} s, PyYAML {min(theirs):.2f} s, {ratio:.1f} times as fast")
    assert ratio >= LEAST_FASTER


def test_validating_is_faster_than_kubernetes_validate() -> None:
    import kubernetes_validate

    items = objects()[:1000]
    version = Settings().kubernetes[-1]
    ours = timed(lambda: validate(items, (version,)))
    few = items[:50]
    theirs = timed(lambda: [kubernetes_validate.validate(item, version, strict=True) for item in few])
    theirs *= len(items) / len(few)
    print(f"\n{len(items):,} objects: {ours * 1000:.0f} ms with compiling, kubernetes-validate {theirs:.1f} s")
    assert validate(items, (version,)) == []
    assert theirs / ours > 20
