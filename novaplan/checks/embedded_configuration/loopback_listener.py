"""A server that others connect to listens on more than its own loopback.

``bind 127.0.0.1``, ``listen_addresses = 'localhost'`` or ``--listen-client-urls http://localhost`` take connections
from the same pod alone; whoever comes through a Service is refused. A postgresql.conf that is mounted whole and does
not name listen_addresses falls back to localhost, whatever the image's own file says.
Source: https://www.postgresql.org/docs/current/runtime-config-connection.html,
https://redis.io/docs/latest/operate/oss_and_stack/management/security/ and
https://etcd.io/docs/v3.5/op-guide/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft, Where

SEVERITY = "error"
_LOOPBACK = re.compile(r"^-?(?:(?:https?://)?(?:localhost|127\.[\d.]+|\[?::1\]?)(?::\d+)?)$")


def workloads(draft: Draft) -> Iterator[Found]:
    """Servers that have a name under which others reach them."""
    for server in servers(draft, "redis-server", "redis-sentinel", "postgres", "etcd"):
        if not server.workload.hosts or len(server.workload.containers) > 1:
            continue
        for words, where, name in _stated(server):
            if words and all(_LOOPBACK.match(word) for word in words):
                text = f"{name} {' '.join(words)} takes connections from its own pod alone: clients are refused"
                yield Found(server.label, text, "listen on every address (0.0.0.0 or *)", where)


def _stated(server: Server) -> Iterator[tuple[list[str], Where, str]]:
    if server.program == "postgres":
        stated = server.last("listen_addresses")
        if stated is not None:
            yield [word.strip() for word in stated.text.split(",")], stated.where, "listen_addresses"
        elif server.config is not None:
            yield ["localhost"], server.config.where, "without listen_addresses it listens on"
    elif server.program == "etcd":
        for name in ("listen-client-urls", "listen-peer-urls"):
            flag = server.last(name)
            variable = f"ETCD_{name.replace('-', '_').upper()}"
            found = [(item.text or "", item.where) for item in server.container.settings if item.name == variable]
            for text, where in [(flag.text, flag.where)] if flag is not None else found:
                yield [word.strip() for word in text.split(",")], where, name
    else:
        bind = server.last("bind")
        if bind is not None:
            yield [word for word in bind.words if not word.startswith("#")], bind.where, "bind"
