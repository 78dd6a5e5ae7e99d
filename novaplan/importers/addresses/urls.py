"""URLs of every scheme, read the way the clients of databases and brokers read them; credentials are dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, unquote

from novaplan.importers.addresses.wordlist import word_list

HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_.\-]*[A-Za-z0-9])?\.?"
_HOST = re.compile(HOST)
# Looked for backwards from each '://', in a few characters: forwards, a long word would be read again from each letter.
_SCHEME = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.\-]*:)*)([A-Za-z][A-Za-z0-9+.\-]*)$")
_LONGEST_SCHEME: Final = 64
_ORACLE = re.compile(rf"jdbc:oracle:[a-z]+:[^@\s]*@(?://)?({HOST})(?::(\d{{1,5}}))?(?:[:/]([\w.]+))?")
# Where a URL ends inside a longer text. A text that is nothing but a URL may hold anything, in its password at least.
_END = re.compile(r"[\s\"'<>`|\\^{}()\[\]]")

_AUTHORITY = re.compile(r"[^/?#;]*")
_SPACE = re.compile(r"\s")
_SIMPLE = re.compile(
    r"([a-z][a-z0-9+]{1,20})://(?:[A-Za-z0-9_\-]*(?::[A-Za-z0-9_\-!.*]*)?@)?"
    r"([A-Za-z0-9](?:[A-Za-z0-9_.\-]{0,252}[A-Za-z0-9])?)(?::(\d{1,5}))?(?:/([A-Za-z0-9_\-]*))?"
)

# What these name is no host: a file, a bucket, an image, something inside the program.
_NO_HOST: Final = word_list(
    "file unix sqlite sqlite3 data s3 s3a s3n gs gcs wasb abfs docker oci about memory mem classpath",
    "classpath* spiffe arn secretref fd npipe ssm vault awssm jar java chrome-extension urn mailto app",
    "memberlist h2 duckdb docker-pullable containerd",
)
# gRPC writes these with an empty authority: dns:///cart:7070.
_HOST_IN_PATH: Final = frozenset(("dns", "passthrough", "kubernetes", "static", "xds", "srv"))
# Whoever speaks STUN or TURN writes no slashes.
_WITHOUT_SLASHES = re.compile(rf"\b(stuns?|turns?|dns):({HOST})(?::(\d{{1,5}}))?")

_KEPT_OPTIONS: Final = word_list(
    "schema currentschema search_path options database databasename db dbname keyspace defaultdatabase",
    "initial_catalog initialcatalog topic group",
)


@dataclass(frozen=True, slots=True)
class Address:
    """A host that a text names, with what it says about it."""

    host: str
    """In lower case, as it was written otherwise."""
    port: int | None = None
    scheme: str | None = None
    path: str | None = None
    """The first step of the path, decoded: what databases take for their name."""
    options: tuple[tuple[str, str], ...] = ()
    """Options that name a database or a schema, keys in lower case."""
    claimed: bool = True
    """The form or the name of the variable says that this is an address, so an unknown host deserves a word."""


def address(
    host: str, port: str | int | None = None, scheme: str | None = None, *, claimed: bool = True
) -> Address | None:
    """An address, when ``host`` can be one and is not this machine itself."""
    number = int(port) if port not in (None, "") else None
    if number is not None and not 0 < number < 65536:
        return None
    host = host.rstrip(".").lower()
    return Address(host, number, scheme, claimed=claimed) if is_remote(host) else None


def is_remote(host: str) -> bool:
    """Whether ``host`` is a host name or an address of another machine."""
    if not host or len(host) > 253 or not _HOST.fullmatch(host) or host.isdigit():
        return False
    if host[0].isdigit() and host.replace(".", "").isdigit():
        return host.count(".") == 3 and not host.startswith(("127.", "0.", "255.", "169.254."))
    return host not in ("localhost", "ip6-localhost") and not host.endswith(".localhost")


def find(text: str) -> Iterator[tuple[Address, int]]:
    """Every address that stands in ``text`` as a URL, with its position."""
    simple = _SIMPLE.fullmatch(text)
    if simple is not None and simple[1] not in _HOST_IN_PATH:
        # Nearly all of them look like this; the long way gives the same.
        scheme, host, port, path = simple.groups()
        found = address(host, port, scheme) if scheme not in _NO_HOST else None
        if found:
            yield replace(found, path=path) if path else found, 0
        return
    if "://" in text:
        yield from _with_scheme(text)
    if "jdbc:oracle" in text:
        for match in _ORACLE.finditer(text):
            found = address(match[1], match[2], "oracle")
            if found:
                yield Address(found.host, found.port, "oracle", path=match[3]), match.start()
    if "stun" in text or "turn" in text:
        for match in _WITHOUT_SLASHES.finditer(text):
            found = address(match[2], match[3], match[1])
            if found:
                yield found, match.start()


def _with_scheme(text: str) -> Iterator[tuple[Address, int]]:
    starts = list(_schemes(text))
    whole = bool(starts) and starts[0][0] == 0 and _SPACE.search(text) is None
    for index, (start, after, scheme) in enumerate(starts):
        end = starts[index + 1][0] if index + 1 < len(starts) else len(text)
        rest = text[after:end]
        if not whole:
            stop = _END.search(rest)
            rest = rest[: stop.start()] if stop else rest
        for found in _hosts(scheme, rest.rstrip(",;. ")):
            yield found, start


def _schemes(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each URL starts, where its authority starts, and its scheme."""
    mark = text.find("://")
    while mark >= 0:
        before = text[max(0, mark - _LONGEST_SCHEME) : mark]
        match = _SCHEME.search(before)
        if match:
            jdbc, scheme = match[1].lower(), match[2].lower()
            # In jdbc:postgresql:// the database is the scheme, in jdbc:mysql:replication:// it comes before.
            scheme = jdbc.split(":")[1] or scheme if jdbc.startswith("jdbc:") else scheme
            start = match.start() if jdbc.startswith("jdbc:") else match.start(2)
            yield mark - len(before) + start, mark + 3, scheme
        mark = text.find("://", mark + 3)


def _hosts(scheme: str, rest: str) -> Iterator[Address]:
    if scheme in _NO_HOST:
        return
    authority, path, query = _split(rest)
    if not authority and scheme in _HOST_IN_PATH:
        authority, path = path or "", None
    options = _options(query)
    for item in authority.rpartition("@")[2].split(","):
        host, _, port = item.strip().partition(":")
        if port and not port.isdigit():
            # A template that was never filled in leaves no number; the host is still one.
            port = "" if "$" in port or "{" in port or not port else "-"
        if port == "-":
            continue
        found = address(unquote(host), port or None, scheme)
        if found:
            yield Address(found.host, found.port, scheme, path or None, options)


def _split(rest: str) -> tuple[str, str | None, str]:
    """Authority, first step of the path, and the query or whatever holds the options."""
    authority = _AUTHORITY.match(rest)[0]  # type: ignore[index]  # it matches nothing at least
    end = len(authority)
    if "@" not in authority and "@" in rest and ":" in authority and not authority.rpartition(":")[2].isdigit():
        # An unescaped '/' or '?' in the password: the authority ends after the last '@'.
        start = rest.rfind("@") + 1
        tail = rest[start:]
        end = start + len(_AUTHORITY.match(tail)[0])  # type: ignore[index]
        authority = rest[:end]
    tail = rest[end:]
    if tail.startswith(";"):
        return authority, None, tail[1:]
    path, _, query = tail.partition("?")
    path, _, parameters = path.partition(";")
    step = path.lstrip("/").split("/")[0].partition("#")[0]
    return authority, unquote(step) or None, query.partition("#")[0] or parameters


def _options(query: str) -> tuple[tuple[str, str], ...]:
    if "=" not in query:
        return ()
    try:
        pairs = parse_qsl(query.replace(";", "&"), keep_blank_values=False, max_num_fields=100)
    except ValueError:
        return ()
    return tuple((key.lower(), value) for key, value in pairs if key.lower() in _KEPT_OPTIONS)
