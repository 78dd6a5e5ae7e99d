"""What the name of a variable, flag or key says about its value."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from novaplan.importers.addresses.wordlist import word_list


class Says(Enum):
    """How a name speaks of its value."""

    ADDRESS = "address"
    """It is an address: a bare host is one."""
    PERHAPS = "perhaps"
    """It may be one: a bare word is one when a host is called so."""
    NOTHING = "nothing"
    """It says nothing: only what has the form of an address is one."""
    NOT_CALLED = "not called"
    """Its addresses are not those of servers this program calls: who may call it, where it can be reached."""


_CHUNK = re.compile(r"[A-Za-z0-9]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NUMBERED = re.compile(r"([A-Za-z]{2,})([0-9]+)")

_ADDRESS: Final = word_list(
    "host hosts hostname hostnames addr addrs address addresses endpoint endpoints url urls uri uris server",
    "servers broker brokers bootstrap dsn upstream upstreams seeds nameserver nameservers fqdn connstr ip ips",
)
_ADDRESS_ENDINGS: Final = (
    "host",
    "hosts",
    "hostname",
    "addr",
    "address",
    "url",
    "uri",
    "servers",
    "endpoint",
    "brokers",
)
_NO_ADDRESS_WORDS: Final = ("ghost", "vhost", "virtualhost")
_PERHAPS: Final = word_list(
    "service services svc connect connection connections connectionstring connectionstrings strings target",
    "targets peers peer cluster proxy master primary replica replicaof slave slaveof join location discovery registry",
    "collector domain link api backend nodes node contact points quorum remote",
)
# The last word decides: DB_HOST is a host, DB_HOST_TYPE is none.
_OTHER: Final = word_list(
    "type driver dialect engine client kind mode provider adapter user username users login password passwd",
    "pass pwd db database databases dbname schema schemas keyspace topic topics queue queues exchange group id",
    "ids level image images tag version port ports path paths file dir key keys secret token role profile",
    "profiles enabled enable disabled bucket region realm audience prefix suffix namespace labels class cookie",
    "format package packages protocol scheme vhost name names index timeout ttl size count max min interval",
    "retries env environment title description zone locale lang language algorithm email mail salt hash",
    "strategy policy template pattern regex storage store cache header headers method command cmd args opts",
    "options",
)
_NOT_CALLED: Final = word_list(
    "cors origin origins advertised advertise listener listeners listen bind allowed allow allowlist whitelist",
    "redirect redirects callback callbacks trusted csp vhost noproxy referer referrer forwarded image images",
    "license logout virtual",
)
# CACHE_CONNECTION=redis names a driver in more frameworks than it names a host.
_DRIVER_OWNERS: Final = word_list(
    "db database queue cache session broadcast log mail filesystem",
)
_TAILS: Final = frozenset(("name", "string", "connection"))
_OWN: Final = word_list(
    "public external canonical site root own self my base app website frontend",
)


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: ``DB_HOST``, ``dbHost`` and ``--db-host`` have the same."""
    parts: list[str] = []
    for chunk in _CHUNK.findall(name):
        if chunk.islower() or chunk.isupper() or chunk.isdigit():
            # One word, whatever digits are in it (neo4j, s3); a number at its end only counts (HOST1).
            numbered = _NUMBERED.fullmatch(chunk)
            parts += numbered.groups() if numbered else (chunk,)
        else:
            parts += _HUMP.findall(chunk)
    return tuple(part.lower() for part in parts)


@lru_cache(maxsize=65536)
def says(name: str) -> Says:
    """What ``name`` says about its value."""
    parts = [part for part in words(name) if not part.isdigit()]
    if not parts:
        return Says.NOTHING
    if not _NOT_CALLED.isdisjoint(parts) or ("no" in parts and "proxy" in parts):
        return Says.NOT_CALLED
    last = parts[-1]
    if last in ("name", "names") and len(parts) > 1 and parts[-2] in ("host", "hosts"):
        return Says.ADDRESS
    if last in _OTHER:
        # ConnectionStrings__Cache is named after what it connects to.
        return Says.PERHAPS if {"connection", "strings"} <= set(parts) else Says.NOTHING
    if any(_is_address_word(part) for part in parts):
        return Says.ADDRESS
    if last == "connection" and len(parts) > 1 and parts[-2] in _DRIVER_OWNERS:
        return Says.NOTHING
    return Says.NOTHING if _PERHAPS.isdisjoint(parts) else Says.PERHAPS


def _is_address_word(part: str) -> bool:
    return part in _ADDRESS or (part.endswith(_ADDRESS_ENDINGS) and part not in _NO_ADDRESS_WORDS)


@lru_cache(maxsize=65536)
def is_own_address(name: str) -> bool:
    """Whether a name speaks of where the system itself is reached from outside (``PUBLIC_URL``)."""
    return not _OWN.isdisjoint(words(name))


@lru_cache(maxsize=65536)
def subject(name: str) -> tuple[str, ...]:
    """What an address is the address of: the words of its name without those that say it is one.

    ``DB_HOST``, ``DB_PORT`` and ``DB_NAME`` share the subject ``db``, which is how companions are found.
    """
    parts = words(name)
    while len(parts) > 1 and (parts[-1].isdigit() or _is_address_word(parts[-1]) or parts[-1] in _TAILS):
        if parts[-1].endswith("host") and len(parts[-1]) > 4 and parts[-1] not in _ADDRESS:
            return (*parts[:-1], parts[-1].removesuffix("host"))
        parts = parts[:-1]
    if len(parts) == 1 and parts[0] not in _ADDRESS and parts[0].endswith("host"):
        return (parts[0].removesuffix("host"),)
    return parts
