"""Every host that a container is told of: in variables, arguments and files, and in the scripts it runs first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from novaplan.checks.cluster import Cluster
from novaplan.checks.usage import is_made, keys_read
from novaplan.importers.addresses.finding import Landscape, in_container, in_file, in_setting
from novaplan.importers.addresses.texts import Vocabulary
from novaplan.importers.addresses.urls import Address
from novaplan.importers.draft import Container, Draft, MountedFile, Setting, Where, Workload
from novaplan.importers.hosts import Hosts
from novaplan.importers.kubernetes.configuration import Configuration, StoreKind
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import Manifest

_HOST: Final = r"(?P<host>[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9])"
_DIRECTIVES: Final = re.compile(
    rf"^[ \t]*(?:sentinel[ \t]+monitor[ \t]+\S+|replicaof|slaveof)[ \t]+{_HOST}[ \t]+(?P<port>\d+)"
    rf"|^[ \t]*(?:proxy_pass|grpc_pass)[ \t]+[a-z]+://{_HOST.replace('host', 'host2')}(?::(?P<port2>\d+))?[/;]",
    re.MULTILINE,
)
_UPSTREAM: Final = re.compile(r"^[ \t]*upstream[ \t]+(\S+)[ \t]*\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A host, and where a container is told of it."""

    workload: Workload
    container: Container
    name: str
    """The variable, flag or file."""
    host: str
    port: int | None
    where: Where


def mentions(draft: Draft) -> Iterator[Mention]:
    """Hosts that programs are told to call; a host that only might be one is left out unless it is known here."""
    hosts = Hosts(draft)
    landscapes: dict[str | None, Landscape] = {}
    for workload in draft.workloads:
        space = workload.namespace
        if space not in landscapes:
            ports = partial(hosts.ports, namespace=space)
            landscapes[space] = Landscape(ports, Vocabulary(ports, hosts.is_label))
        for container in workload.containers:
            seen = set()
            derived = _derived(container)
            for sighting in in_container(container, landscapes[space]):
                address = sighting.address
                seen.add((address.host, sighting.name))
                if (sighting.name, address.host) in derived:
                    continue  # the variable that it is put together from is a mention of its own
                if address.claimed or hosts.ports(address.host, space) is not None:
                    yield Mention(workload, container, sighting.name, address.host, address.port, sighting.where)
            for file in container.files:
                for host, port, where in directives(file):
                    if (host, file.path) not in seen:
                        yield Mention(workload, container, file.path, host, port, where)


def _derived(container: Container) -> set[tuple[str, str]]:
    """Arguments by name, and the values of variables in them."""
    values = {item.text.lower() for item in container.settings if item.source == "env" and item.text}
    return {
        (item.name, value)
        for item in container.settings
        if item.written is not None and item.text
        for value in values
        if value in item.text.lower() and value not in item.written.lower()
    }


def unread(cluster: Cluster) -> Iterator[tuple[Manifest, str, Address, Where]]:
    """Addresses in ConfigMaps and Secrets that no container here takes: object, key, address, place."""
    if cluster.draft is None:
        return
    hosts, taken = Hosts(cluster.draft), keys_read(cluster)
    stores = Configuration(cluster.index, [])
    for item in cluster.of_kind("ConfigMap", "Secret"):
        kind: StoreKind = "ConfigMap" if item.kind == "ConfigMap" else "Secret"
        read = taken.get((kind, item.namespace or DEFAULT_NAMESPACE, item.name), set())
        store = stores.store(kind, item.namespace, item.name)
        if store is None or None in read or is_made(item):
            continue
        known = partial(hosts.ports, namespace=item.namespace)
        landscape = Landscape(known, Vocabulary(known, hosts.is_label))
        for key in sorted(store.entries.keys() - read):
            text = store.entries[key].text
            where = store.where(key)
            if text and "\n" in text:
                for address, line in in_file(MountedFile(key, text, where), landscape):
                    yield item, key, address, Where(where.file, line)
            elif text:
                for address in in_setting(Setting(key, text, where), landscape):
                    yield item, key, address, where


def directives(file: MountedFile) -> Iterator[tuple[str, int | None, Where]]:
    """Hosts in configuration whose directives leave no doubt that they are hosts."""
    if len(file.text) > 1_000_000:
        return
    own = set(_UPSTREAM.findall(file.text))
    for match in _DIRECTIVES.finditer(file.text):
        host, port = match["host"] or match["host2"], match["port"] or match["port2"]
        if host not in own and not host.replace(".", "").isdigit() and host != "localhost":
            line = (file.where.line or 1) + file.text.count("\n", 0, match.start())
            yield host.lower(), int(port) if port else None, Where(file.where.file, line, file.where.field)
