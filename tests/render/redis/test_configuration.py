"""Every figure of redis.conf and sentinel.conf is the topology's."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.redis.examples import context, objects, sentinel, texts, told

SCRIPTS = {
    "alone": context({"persistence": {"append_only": True}}),
    "alone, nothing kept": context({}),
    "sidecar": context(sentinel()),
    "sidecar, append only": context({**sentinel(), "persistence": {"append_only": True}}),
    "separate": context(sentinel(placement="separate", sentinels=5, quorum=3)),
}
SECONDS = st.integers(1, 600)


def test_a_server_that_nothing_is_said_of_is_as_redis_makes_it() -> None:
    assert told(texts(context({}))["redis.conf"]) == {
        "port": "6379",
        "dir": "/data",
        "databases": "16",
        "appendonly": "no",
        "save": '""',
    }


@given(st.data())
def test_what_the_server_is_told(data: st.DataObject) -> None:
    draw = data.draw
    port, clients, index = draw(st.integers(1, 26378)), draw(st.integers(1, 10**6)), draw(st.integers(0, 1000))
    megabytes, append, snapshots = draw(st.integers(1, 10**6)), draw(st.booleans()), draw(st.booleans())
    least, lag = draw(st.integers(0, 5)), draw(st.integers(0, 60_000))
    where = context(
        {
            **sentinel(min_replicas_to_write=least, min_replicas_max_lag=f"{lag}ms"),
            "port": port,
            "connections": {"max": clients},
            "memory": {"max": f"{megabytes}Mi", "eviction": "volatile-ttl"},
            "persistence": {"append_only": append, "snapshots": snapshots},
            "logical_dbs": [{"index": index}],
        }
    )
    wanted = {
        "port": str(port),
        "dir": "/data",
        "databases": str(max(16, index + 1)),
        "maxclients": str(clients),
        "maxmemory": str(megabytes << 20),
        "maxmemory-policy": "volatile-ttl",
        "appendonly": "yes" if append else "no",
        "save": "3600 1 300 100 60 10000" if snapshots else '""',
        "min-replicas-to-write": str(least),
        "min-replicas-max-lag": str(max(1, -(-lag // 1000))),
    }
    assert told(texts(where)["redis.conf"]) == {**wanted, **({"repl-diskless-sync-delay": "0"} if least else {})}


@given(SECONDS, SECONDS, st.integers(1, 9), st.integers(1, 7), st.integers(1, 9))
def test_what_a_sentinel_is_told(down: int, timeout: int, syncs: int, sentinels: int, quorum: int) -> None:
    quorum = min(quorum, sentinels)
    where = context(
        sentinel(
            placement="separate",
            sentinels=sentinels,
            quorum=quorum,
            down_after=f"{down}s",
            failover_timeout=f"{timeout}s",
            parallel_syncs=syncs,
        )
    )
    files = texts(where)
    assert told(files["sentinel.conf"]) == {
        "port": "26379",
        "dir": "/data",
        "sentinel resolve-hostnames": "yes",
        "sentinel announce-hostnames": "yes",
        "sentinel down-after-milliseconds": str(down * 1000),
        "sentinel failover-timeout": str(timeout * 1000),
        "sentinel parallel-syncs": str(syncs),
    }
    assert f"sentinel monitor mymaster %s 6379 {quorum}\\n" in files["sentinel.sh"]
    for script in ("start.sh", "sentinel.sh", "hand-over.sh"):
        hosts = [f"cache-sentinel-{number}.cache-sentinel-headless.$domain" for number in range(sentinels)]
        assert f'sentinels="{" ".join(hosts)}"' in files[script]


def test_a_logical_db_that_only_a_dependency_names_is_there() -> None:
    where = context({}, {"logical_db": 31})
    assert told(texts(where)["redis.conf"])["databases"] == "32"


def test_a_single_server_has_nothing_of_sentinels() -> None:
    files = texts(context({}))
    assert set(files) == {"redis.conf", "start.sh"}
    assert "sentinel" not in "".join(files.values())


def test_no_file_holds_a_password() -> None:
    """It comes from the Secret when a server starts, and the same one everywhere."""
    files = texts(context(sentinel()))
    assert not {"requirepass", "masterauth", "sentinel auth-pass", "sentinel sentinel-pass"} & {
        *told(files["redis.conf"]),
        *told(files["sentinel.conf"]),
    }
    for name in ("start.sh", "sentinel.sh"):
        assert files[name].count("REDISCLI_AUTH") == files["start.sh"].count("REDISCLI_AUTH") > 0


def test_changed_configuration_replaces_the_pods() -> None:
    def mark(eviction: str) -> str:
        found = [item for item in objects(context({"memory": {"eviction": eviction}})) if item["kind"] == "StatefulSet"]
        return str(found[0]["spec"]["template"]["metadata"]["annotations"])

    assert mark("allkeys-lru") == mark("allkeys-lru") != mark("allkeys-lfu")


@pytest.mark.skipif(which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_finds_nothing(name: str, tmp_path: Path) -> None:
    scripts = {file: text for file, text in texts(SCRIPTS[name]).items() if file.endswith(".sh")}
    for file, text in scripts.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    done = subprocess.run(["shellcheck", *sorted(scripts)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
