"""Directives have values that their program takes.

Redis exits on a policy, a switch or an amount that it does not know: ``maxmemory 256 mb`` is two words, ``appendonly
true`` is no switch (yes or no).
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/config/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Directive, servers
from novaplan.errors import nearest
from novaplan.importers.draft import Draft, Where

SEVERITY = "error"
_SWITCHES = (
    "appendonly",
    "protected-mode",
    "daemonize",
    "rdbcompression",
    "rdbchecksum",
    "stop-writes-on-bgsave-error",
    "no-appendfsync-on-rewrite",
    "repl-diskless-sync",
    "replica-read-only",
    "replica-serve-stale-data",
    "activerehashing",
    "cluster-enabled",
    "sentinel resolve-hostnames",
    "sentinel announce-hostnames",
)
_CHOICES = {
    "maxmemory-policy": (
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "noeviction",
    ),
    "appendfsync": ("always", "everysec", "no"),
    "loglevel": ("debug", "verbose", "notice", "warning", "nothing"),
    **dict.fromkeys(_SWITCHES, ("yes", "no")),
}
_AMOUNT = re.compile(r"\d+(?:b|k|kb|m|mb|g|gb)?", re.IGNORECASE)


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers and Sentinels."""
    told: set[Where] = set()
    for server in servers(draft, "redis-server", "redis-sentinel"):
        for item in server.stated:
            text = _wrong(item) if item.where not in told else ""
            if text:
                told.add(item.where)
                yield Found(server.label, f"{text}, so it refuses to start", "correct the value", item.where)


def _wrong(item: Directive) -> str:
    words = item.words[: item.words.index("#")] if "#" in item.words else item.words
    value = " ".join(words).strip("\"'").lower()
    if not words or "$" in value:
        return ""
    if item.name in _CHOICES and value not in _CHOICES[item.name]:
        return (
            f"{item.name} is {value}{nearest(value, _CHOICES[item.name])}, and may be {', '.join(_CHOICES[item.name])}"
        )
    if item.name == "maxmemory" and not _AMOUNT.fullmatch(value):
        return f"maxmemory is {value}, which is no amount (write 256mb as one word)"
    return ""
