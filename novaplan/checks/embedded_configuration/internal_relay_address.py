"""Addresses that are handed to clients outside are ones that they can reach.

STUN and TURN addresses of WebRTC go to browsers and phones. The name of a container or a Service means nothing there,
so calls between networks that need the relay never connect. A relay also needs its range of UDP ports open, besides
3478.
Source: https://datatracker.ietf.org/doc/html/rfc8656 and https://github.com/coturn/coturn/wiki/turnserver
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.importers.draft import Draft, Workload
from novaplan.importers.hosts import Hosts
from novaplan.importers.recognition import image_path

SEVERITY = "error"
_URL = re.compile(r"\b(?:stuns?|turns?):([A-Za-z0-9.\-]+)")


def workloads(draft: Draft) -> Iterator[Found]:
    """Settings with STUN and TURN addresses, and the relays themselves."""
    hosts = Hosts(draft)
    for workload in draft.workloads:
        for container in workload.containers:
            for setting in container.settings:
                for host in dict.fromkeys(_URL.findall(setting.text or "")):
                    if hosts.answer(host, workload.namespace).workloads or host.endswith((".svc", ".cluster.local")):
                        text = f"{setting.name} sends clients outside to {host}, a name that only resolves in here"
                        remedy = "give the public name or address of the relay"
                        yield Found(workload.name, text, remedy, setting.where)
        if any(image_path(item.image or "")[-1:] == ("coturn",) for item in workload.containers):
            yield from _relay(workload)


def _relay(workload: Workload) -> Iterator[Found]:
    published = {port.published for port in workload.ports if port.published}
    if published and published <= {3478, 3479, 5349, 5350, 443, 80}:
        text = "publishes the ports that clients ask at, and none of the UDP ports that it relays through (49152-65535)"
        remedy = "publish a range and set min-port and max-port to it, or use the network of the host"
        yield Found(workload.name, text, remedy, workload.where, "warning")
