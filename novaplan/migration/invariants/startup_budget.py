"""A service starts within the patience of its probes: what it waits for while starting stays below it.

Each of what it waits for may take the connect time-out, as often as it tries, with the pauses in between. The patience
is that of the startup probe, or else of the liveness probe: the initial delay and all failures that it allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import whole
from novaplan.migration.world import View, World
from novaplan.topology.parts import label_of
from novaplan.topology.service import Probe, Service


def obligations(world: World) -> Iterator[Obligation]:
    """One for each service that ever waits for something."""
    for own in world.universe.get("service", ()):
        if any(value.startup.wait_for for value in cast("list[Service]", world.values(own))):
            yield Obligation(own, partial(_late, name=label_of(own)))


def _late(view: View, name: str) -> Shortfall | None:
    service = whole(view, name)
    if service is None or service.main is None:
        return None
    probe = service.main.probes.startup or service.main.probes.liveness
    waiting, patience = _waiting(service), _patience(probe) if probe is not None else None
    if patience is None or waiting < patience:
        return None
    message = f"may wait {waiting} ms for {', '.join(service.startup.wait_for)}, its probe gives it {patience} ms"
    return Shortfall(message, waiting - patience + 1, "raise the failure threshold of its startup probe")


def _waiting(service: Service) -> int:
    resilience = service.resilience
    tries = 1 + (resilience.retries.max if resilience.retries else 0)
    pause = (resilience.retries.delay or 0) if resilience.retries else 0
    return len(service.startup.wait_for) * ((resilience.connect_timeout or 0) * tries + pause * (tries - 1))


def _patience(probe: Probe) -> int:
    return probe.initial_delay + probe.period * probe.failure_threshold
