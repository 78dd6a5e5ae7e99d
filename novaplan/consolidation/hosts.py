"""Addresses of services and datastores inside the values of variables.

A value may be anything. A word in it is read as a host where a URL has one, after a user, before a port, after
``host=``, with the domain of a cluster, or in a variable that is named for one (``ORDERS_HOST``).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from novaplan.topology.service import EnvVar

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_CANDIDATE = re.compile(
    rf"(?P<before>^|(?P<scheme>[a-z][a-z0-9+.]{{0,15}}:)?//|@|,|\bhost=)(?P<host>{_LABEL})(?:\.(?P<namespace>{_LABEL}))?"
    rf"(?P<domain>(?:\.{_LABEL})*)(?P<port>:[0-9]{{1,5}})?(?=[/,?;\s]|$)"
)
_NAMED_AFTER_A_HOST = re.compile(
    r"(HOST|HOSTNAME|ADDR|ADDRESS|ADDRESSES|SERVER|BROKER|ENDPOINT|URL|URI)S?$", re.IGNORECASE
)
_BUCKETS = ("s3:", "s3a:", "gs:", "file:", "classpath:")
_USUAL_PORT = {"http:": 80, "ws:": 80, "https:": 443, "wss:": 443}


@dataclass(frozen=True, slots=True)
class Host:
    """A host as a value writes it."""

    name: str
    namespace: str | None = None
    """What follows the name, if anything; it may be part of any domain."""
    domain: str = ""
    """What follows the namespace: ``.svc.cluster.local``."""
    port: int | None = None
    """The port, stated or usual for the scheme."""


def hosts(variable: EnvVar) -> list[Host]:
    """The hosts the value holds, whether anything has such a name or not."""
    return [_host(match) for match in _CANDIDATE.finditer(variable.value or "") if _is_host(match, variable)]


def rename_hosts(variable: EnvVar, rename: Callable[[Host], Host]) -> EnvVar:
    """``variable`` with every host renamed; what ``rename`` leaves alone stays written as it was."""

    def renamed(match: re.Match[str]) -> str:
        old = _host(match)
        new = rename(old) if _is_host(match, variable) else old
        if new == old:
            return match[0]
        port = f":{new.port}" if new.port is not None and new.port != _usual(match) else ""
        if match["port"] is not None and new.port == old.port:
            port = match["port"]
        namespace = f".{new.namespace}" if new.namespace is not None else ""
        return f"{match['before']}{new.name}{namespace}{new.domain}{port}"

    return variable.model_copy(update={"value": _CANDIDATE.sub(renamed, variable.value or "")})


def local(host: Host, port: int | None) -> Host:
    """The same port of this very pod."""
    return replace(host, name="localhost", namespace=None, domain="", port=port)


def _host(match: re.Match[str]) -> Host:
    port = int(match["port"][1:]) if match["port"] is not None else _usual(match)
    return Host(match["host"], match["namespace"], match["domain"], port)


def _usual(match: re.Match[str]) -> int | None:
    return _USUAL_PORT.get(match["scheme"] or "")


def _is_host(match: re.Match[str], variable: EnvVar) -> bool:
    """A bare word may be anything."""
    before: str = match["before"]
    if match["scheme"] in _BUCKETS:
        return False
    if before.endswith(("//", "@", "host=")) or match["port"] is not None:
        return True
    in_cluster: bool = match["domain"] == ".svc" or match["domain"].startswith(".svc.")
    return in_cluster or _NAMED_AFTER_A_HOST.search(variable.name) is not None
