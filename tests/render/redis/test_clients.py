"""How a client finds the master and logs in."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from novaplan.render.datastores import redis
from tests.render.examples import one
from tests.render.redis.examples import cache, context, objects, sentinel


def test_a_single_server_is_reached_under_its_name() -> None:
    where = context({"port": 7000})
    url = redis.login(where, cache(where), service="web", index=3, seen_from="front")
    assert url == "redis://:{cache/server}@cache.back:7000/3"
    assert redis.login(where, cache(where), service="web", index=None, seen_from="back").endswith("@cache:7000/0")
    assert redis.client_config(where, cache(where), seen_from="front") == {}
    assert redis.egress_ports(cache(where)) == (7000,)
    assert one(objects(where), "Service", "cache")["spec"]["ports"][0]["port"] == 7000


def test_with_sentinels_clients_ask_those() -> None:
    where = context(sentinel())
    url = redis.login(where, cache(where), service="web", index=1, seen_from="front")
    assert url.count("{cache/server}") == 2
    parts = urlsplit(url.replace("{cache/server}", "secret"))
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == (
        "redis-sentinel",
        "cache-sentinel.back",
        26379,
        "/1",
    )
    assert parts.password == "secret"
    assert parse_qs(parts.query) == {
        "sentinelServiceName": ["mymaster"],
        "sentinelMasterId": ["mymaster"],
        "sentinelPassword": ["secret"],
    }
    service = one(objects(where), "Service", "cache-sentinel")["spec"]
    assert service["ports"][0]["port"] == 26379
    assert redis.egress_ports(cache(where)) == (6379, 26379)


@pytest.mark.parametrize("placement", ["sidecar", "separate"])
def test_every_sentinel_is_named_as_it_names_itself(placement: str) -> None:
    where = context(sentinel(placement=placement))
    config = redis.client_config(where, cache(where), seen_from="front")
    made = objects(where)
    workload = one(made, "StatefulSet", "cache-sentinel" if placement == "separate" else "cache")
    hosts = [
        f"{workload['metadata']['name']}-{number}.{workload['spec']['serviceName']}.back.svc.cluster.local:26379"
        for number in range(3)
    ]
    assert config == {"CACHE_SENTINELS": ",".join(hosts), "CACHE_SENTINEL_MASTER": "mymaster"}


def test_variables_have_names_that_a_shell_takes() -> None:
    where = context(sentinel())
    store = cache(where).model_copy(update={"name": "2nd-cache"})
    assert set(redis.client_config(where, store, seen_from=None)) == {
        "REDIS_2ND_CACHE_SENTINELS",
        "REDIS_2ND_CACHE_SENTINEL_MASTER",
    }


def test_the_name_of_the_datastore_is_for_reading_only_by_what_stands_behind_it() -> None:
    """Any member may answer there, and a replica takes no writes: Redis's own default, which nothing here changes."""
    made = objects(context(sentinel()))
    assert one(made, "Service", "cache")["spec"]["ports"][0]["port"] == 6379
    [config] = [item["data"] for item in made if item["kind"] == "ConfigMap"]
    assert "replica-read-only" not in config["redis.conf"]
