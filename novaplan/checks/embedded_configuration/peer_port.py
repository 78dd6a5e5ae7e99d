"""Clients use the ports that servers keep for clients.

Several servers have further ports, for their peers, a console or metrics: something answers there, in another language.
Source: https://milvus.io/docs/configure_metrics.md, https://etcd.io/docs/v3.5/op-guide/configuration/,
https://www.elastic.co/guide/en/elasticsearch/reference/current/modules-network.html,
https://min.io/docs/minio/linux/reference/minio-server/minio-server.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import program_of
from novaplan.importers.draft import Draft, Setting
from novaplan.importers.hosts import Hosts

SEVERITY = "warning"
_PORTS = {
    "milvus": {9091: ("metrics and health", 19530)},
    "etcd": {2380: ("its peers", 2379)},
    "elasticsearch": {9300: ("its peers", 9200)},
    "zookeeper": {2888: ("its peers", 2181), 3888: ("its elections", 2181)},
    "minio": {9001: ("the console", 9000)},
    "neo4j": {6362: ("backups", 7687)},
    "redis-server": {16379: ("the bus of a cluster", 6379)},
}
_URL = re.compile(r"(?:^|//|@|,)([A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?):(\d{2,5})(?=$|[/,?\s])")
_OTHER = re.compile(r"metric|health|console|browser|peer|admin|monitor|scrape|initial.cluster", re.IGNORECASE)


def workloads(draft: Draft) -> Iterator[Found]:
    """Addresses in the settings of other workloads."""
    kinds = {}
    for index, workload in enumerate(draft.workloads):
        programs = [program_of(container)[0] for container in workload.containers]
        kinds[index] = next((program for program in programs if program in _PORTS), "")
    hosts = Hosts(draft) if any(kinds.values()) else None
    for index, workload in enumerate(draft.workloads if hosts is not None else ()):
        for container in workload.containers:
            for setting in container.settings:
                for host, port in _addresses(setting):
                    answer = hosts.answer(host, workload.namespace).workloads if hosts is not None else ()
                    kind = next((kinds[other] for other in answer if other != index and kinds[other]), "")
                    if kind and port in _PORTS[kind] and kinds[index] != kind:
                        purpose, right = _PORTS[kind][port]
                        named = f"{setting.name} names {host}:{port}, the port of {kind} for {purpose}"
                        text = f"{named}; clients are served at {right}"
                        yield Found(workload.name, text, f"use port {right}", setting.where)


def _addresses(setting: Setting) -> Iterator[tuple[str, int]]:
    if setting.text and not _OTHER.search(setting.name):
        for host, port in _URL.findall(setting.text):
            yield host.lower(), int(port)
