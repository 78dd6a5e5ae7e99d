from __future__ import annotations

from typing import Any

import pytest

from tests.migration.small import service, short, system


def web(probes: dict[str, Any], resilience: dict[str, Any], waits: int = 2) -> list[str]:
    names = [f"db-{index}" for index in range(waits)]
    one = service(
        "web", containers=[{"name": "web", "probes": probes}], resilience=resilience, startup={"wait_for": names}
    )
    return short(
        "startup-budget", system(services=[one], datastores=[{"name": name, "kind": "postgres"} for name in names])
    )


SLOW = {"connect_timeout": "2s", "retries": {"max": 2, "delay": "500ms"}}
"""Three times two seconds with two pauses: seven seconds for each."""


@pytest.mark.parametrize(("failures", "fine"), [(14, False), (15, True)])
def test_all_waits_stay_below_the_patience_of_the_startup_probe(failures: int, fine: bool) -> None:
    probe = {"type": "tcp", "port": "http", "period": "1s", "failure_threshold": failures}

    assert (web({"startup": probe}, SLOW) == []) is fine


def test_or_of_the_liveness_probe() -> None:
    probe = {"type": "tcp", "port": "http", "period": "1s", "initial_delay": "12s", "failure_threshold": 2}

    assert web({"liveness": probe}, SLOW) == ["service:web"]
    assert web({"liveness": probe}, SLOW, waits=1) == []


def test_nobody_is_impatient_without_a_probe() -> None:
    assert web({}, SLOW) == []
