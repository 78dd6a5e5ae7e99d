"""What the checks of embedded configuration read: command lines, scripts and files, and that programs agree."""

import shutil
import subprocess
from pathlib import Path

import pytest

from novaplan.checks.programs import program_of, servers
from novaplan.checks.reading import Description, describe
from novaplan.checks.running import run
from novaplan.findings import Finding
from novaplan.importers.draft import Container


@pytest.mark.parametrize(
    ("image", "command", "program", "scripted"),
    [
        ("redis:7-alpine", (), "redis-server", False),
        ("registry.example:5000/library/redis:7", ("--appendonly", "yes"), "redis-server", False),
        ("redis:7", ("redis-server", "/data/sentinel.conf", "--sentinel"), "redis-sentinel", False),
        ("redis:7", ("/usr/local/bin/redis-sentinel", "/data/sentinel.conf"), "redis-sentinel", False),
        ("redis:7", ("redis-cli", "monitor"), "", False),
        ("redis:7", ("sh", "-c", "set -e\nexec redis-server /data/redis.conf"), "redis-server", True),
        ("redis:7", ("sh", "-c", "cp /a /b && redis-server /b --sentinel"), "redis-sentinel", True),
        ("redis:7", ("docker-entrypoint.sh", "redis-server"), "redis-server", False),
        ("postgres:16", ("-c", "max_connections=200"), "postgres", False),
        ("ghcr.io/zalando/spilo-15:3.0-p1", (), "patroni", False),
        ("provectuslabs/kafka-ui:latest", (), "", False),
        ("minio/minio", ("server", "/data"), "minio", False),
        ("web:1", ("redis-server",), "redis-server", False),
        (None, (), "", False),
    ],
)
def test_program(image: str | None, command: tuple[str, ...], program: str, scripted: bool) -> None:
    assert program_of(Container("main", image, command=command)) == (program, scripted)


def _compose(tmp_path: Path, text: str) -> Description:
    path = tmp_path / "compose.yaml"
    path.write_text(text, encoding="utf-8")
    return describe([path])[0]


def _found(tmp_path: Path, text: str, check: str) -> tuple[Finding, ...]:
    return run(_compose(tmp_path, text), only={check})


def test_flags_keep_every_word(tmp_path: Path) -> None:
    text = "services: {cache: {image: redis, command: redis-server --replicaof main 6379 --save 900 1 --save 300 10}}"
    description = _compose(tmp_path, text)
    assert description.seen is not None
    (server,) = servers(description.seen, "redis-server")
    assert [(item.name, item.words) for item in server.directives] == [
        ("replicaof", ("main", "6379")),
        ("save", ("900", "1")),
        ("save", ("300", "10")),
    ]


_SETUP = """\
services:
  db:
    image: postgres:16
    configs: [{source: setup, target: /docker-entrypoint-initdb.d/1.sql}]
configs:
  setup:
    content: |
"""


def _sql(tmp_path: Path, *lines: str) -> list[tuple[int | None, str]]:
    text = _SETUP + "".join(f"      {line}\n" for line in lines)
    found = _found(tmp_path, text, "sql-names")
    return [(item.line - _SETUP.count("\n") if item.line else None, item.message) for item in found]


def test_statements_keep_their_lines(tmp_path: Path) -> None:
    found = _sql(
        tmp_path,
        "-- GRANT ALL ON SCHEMA public TO nobody;",
        "COMMENT ON DATABASE postgres IS 'OWNER TO nobody; \\c nowhere';",
        "/* CREATE DATABASE postgres; */ CREATE ROLE",
        '  "Shop";',
        "CREATE DATABASE shop",
        "  OWNER shop;",
        "\\c shop",
        'GRANT USAGE ON SCHEMA public TO "Shop";',
    )
    assert [line for line, _ in found] == [5]
    assert "names the role shop, which nothing made" in found[0][1]


def test_roles_from_elsewhere_are_not_doubted(tmp_path: Path) -> None:
    (tmp_path / "roles.sh").write_text("psql -c 'CREATE ROLE shop'", encoding="utf-8")
    text = _SETUP.replace("    configs:", "    volumes: ['./roles.sh:/docker-entrypoint-initdb.d/0.sh']\n    configs:")
    assert _found(tmp_path, text + "      CREATE DATABASE shop OWNER shop;\n", "sql-names") == ()


def test_no_finding_shows_a_password(tmp_path: Path) -> None:
    text = """\
services:
  cache: {image: redis, command: redis-server --requirepass hunter2}
  web: {image: web, environment: {REDIS_URL: "redis://:hunter3@cache/0"}}
  other: {image: web, environment: {A: "${PASSWORD:-hunter4}", B: "${PASSWORD:-hunter5}"}}
"""
    found = run(_compose(tmp_path, text))
    assert {"credential-mismatch", "differing-defaults"} <= {item.check for item in found}
    assert "hunter" not in "\n".join(str(item.to_dict()) for item in found)


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("redis", "maxmemory-policy noeviction"),
        ("redis", "maxmemory-policy lru"),
        ("redis", "maxmemory-polcy noeviction"),
        ("redis", "maxmemory 256mb"),
        ("redis", "maxmemory 256 mb"),
        ("redis", "appendonly true"),
        ("redis", "save 900 1"),
        ("redis", "sentinel monitor main 127.0.0.1 6379 2"),
        ("redis", "dir /nowhere"),
        ("redis", "replicaof main 6379"),
        ("sentinel", "sentinel monitor main 127.0.0.1 6379 2"),
        ("sentinel", "sentinel monitor main name.invalid 6379 2"),
        ("sentinel", "sentinel monitor-interval 30000"),
        ("sentinel", "sentinel resolve-hostnames yes"),
        ("sentinel", "sentinel announce-hostnames true"),
    ],
)
def test_redis_agrees(tmp_path: Path, program: str, line: str) -> None:
    """What is told as an error ends the start of Redis, and nothing else does."""
    config = tmp_path / "own.conf"
    # Of all lines that are wrong the first is told; those of a Sentinel are looked at after all others.
    wrong = "sentinel auth-pass no-such-directive 1" if program == "sentinel" else "no-such-directive 1"
    config.write_text(f"{line}\n{wrong}\n", encoding="utf-8")
    command = ["redis-server", str(config), *(["--sentinel"] if program == "sentinel" else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    refused = "no-such-directive" not in done.stdout + done.stderr
    image = "{image: redis, entrypoint: [redis-%s, /own.conf], configs: [{source: own, target: /own.conf}]}"
    text = f"services: {{cache: {image % ('sentinel' if program == 'sentinel' else 'server')}}}\n"
    text += f"configs: {{own: {{content: '{line}\n\n'}}}}\n"
    told = run(_compose(tmp_path, text), only=_OF_REDIS)
    assert any(item.severity == "error" for item in told) == refused, (done.stdout, told)


_OF_REDIS = {"unknown-directive", "directive-value", "missing-directory", "sentinel-host-name"}
