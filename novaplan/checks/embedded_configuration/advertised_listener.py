"""Kafka advertises addresses that clients reach.

A client connects to any broker, is told the advertised address of the one that leads its partition, and connects there.
``localhost`` leads every client to itself. Each advertised listener has a listener, each listener a security protocol,
and the one between brokers is among them; Kafka exits otherwise.
Source: https://kafka.apache.org/documentation/#brokerconfigs_advertised.listeners
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.errors import nearest
from novaplan.importers.draft import Draft, Setting

SEVERITY = "error"
_ENTRY = re.compile(r"\s*([A-Za-z0-9_]+)://([^:,]*):(\d+)")
_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "")
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


def workloads(draft: Draft) -> Iterator[Found]:
    """Brokers that state their listeners in variables."""
    for server in servers(draft, "kafka"):
        stated = {item.name.replace("KAFKA_CFG_", "KAFKA_"): item for item in server.container.settings}
        advertised, listeners = stated.get("KAFKA_ADVERTISED_LISTENERS"), stated.get("KAFKA_LISTENERS")
        if advertised is not None and "$" not in (advertised.text or ""):
            yield from _reached(server, advertised)
            yield from _named(server, advertised, listeners, stated)


def _reached(server: Server, advertised: Setting) -> Iterator[Found]:
    entries = _ENTRY.findall(advertised.text or "")
    if entries and all(host in _HERE for _, host, _ in entries):
        shown = ", ".join(sorted({host or "no host" for _, host, _ in entries}))
        text = f"advertises {shown} alone, which leads every client to itself"
        yield Found(server.label, text, "advertise the name of its Service or container", advertised.where)
    else:
        for name, host, _ in entries:
            if host in ("0.0.0.0", ""):
                text = f"the listener {name} advertises {host or 'no host'}, which no client can connect to"
                yield Found(server.label, text, "advertise the name of its Service or container", advertised.where)


def _named(
    server: Server, advertised: Setting, listeners: Setting | None, stated: dict[str, Setting]
) -> Iterator[Found]:
    told = {name for name, _, _ in _ENTRY.findall(advertised.text or "")}
    bound = {name for name, _, _ in _ENTRY.findall(listeners.text or "")} if listeners is not None else told
    protocols = stated.get("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP")
    known = (
        {item.partition(":")[0].strip() for item in (protocols.text or "").split(",")} if protocols else {*_PROTOCOLS}
    )
    for name in sorted(told - bound):
        text = f"advertises {name}{nearest(name, bound)}, which is no listener, and exits"
        yield Found(server.label, text, "name the same listeners in both", advertised.where)
    for name in sorted((told | bound) - known):
        text = f"the listener {name} has no security protocol{nearest(name, known)}, and Kafka exits"
        yield Found(server.label, text, "add it to the map of security protocols", advertised.where)
    between = stated.get("KAFKA_INTER_BROKER_LISTENER_NAME")
    if between is not None and between.text and between.text not in told:
        known_as = f"{between.text}{nearest(between.text, told)}"
        text = f"brokers are to talk on {known_as}, which is not advertised, and Kafka exits"
        yield Found(server.label, text, "name one of the advertised listeners", between.where)
