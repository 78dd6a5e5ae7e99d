"""What cannot be run is refused, and says how to mend it."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.render.context import Context
from novaplan.render.datastores.postgres import objects
from novaplan.render.datastores.postgres.limits import PostgresError
from tests.render.postgres.examples import ETCD, PATRONI, shop


def made(context: Context) -> list[dict[str, Any]]:
    return objects(context, context.topology.datastore["db"])


@pytest.mark.parametrize("deployment", [PATRONI, {**PATRONI, "etcd": ETCD}])
def test_patroni_without_storage(deployment: dict[str, Any]) -> None:
    with pytest.raises(PostgresError, match=r"datastores\.db\.storage: Patroni needs it"):
        made(shop({"deployment": deployment, "storage": None}))
    assert made(shop({"storage": None}))


@pytest.mark.parametrize(
    ("tools", "refused"),
    [
        ({}, True),
        ({"patroni": "ghcr.io/zalando/spilo-16:3.2-p2"}, True),
        ({"patroni_bin_dir": "/usr/lib/postgresql/16/bin"}, True),
        ({"patroni": "ghcr.io/zalando/spilo-16:3.2-p2", "patroni_bin_dir": "/usr/lib/postgresql/16/bin"}, False),
        ({"patroni": "r.example/own:3", "patroni_bin_dir": "/usr/local/bin"}, False),
    ],
)
def test_patroni_of_another_version(tools: dict[str, str], refused: bool) -> None:
    context = shop({"deployment": {**PATRONI, "etcd": ETCD}, "version": "16-alpine"}, tools=tools)
    if not refused:
        assert made(context)
        return
    with pytest.raises(PostgresError, match=r"16 is stated, but .* set tools\.patroni and tools\.patroni_bin_dir to"):
        made(context)


@pytest.mark.parametrize("version", ["15", "15.4", None, "latest"])
def test_patroni_of_the_version_that_the_settings_hold(version: str | None) -> None:
    assert made(shop({"deployment": {**PATRONI, "etcd": ETCD}, "version": version}))
