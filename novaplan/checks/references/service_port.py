"""The ports of a Service are valid, and lead to ports that containers listen on.

The API server refuses a Service whose ports share a number and protocol, or that has several and leaves one without a
name. A ``targetPort`` by name that no container declares has no endpoint; one by number that is not declared is refused
by the pod, unless the program listens there without saying so.
Source: https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Workload, label, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import container_ports, number_of, ports
from novaplan.errors import nearest
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ports that are refused, and ports that lead nowhere."""
    for service in cluster.of_kind("Service"):
        listed = ports(service)
        yield from _refused(service, listed)
        behind = cluster.behind(service)
        for item in listed:
            for workload in behind:
                found = _target(service, item, workload)
                if found is not None:
                    yield found
                    break


def _refused(service: Manifest, listed: list[dict[str, Any]]) -> Iterator[Found]:
    numbers = Counter((number_of(item.get("port")), text_of(item.get("protocol")) or "TCP") for item in listed)
    names = Counter(name for item in listed if (name := text_of(item.get("name"))))
    twice = next(
        (item for item in listed if numbers[number_of(item.get("port")), text_of(item.get("protocol")) or "TCP"] > 1),
        None,
    )
    faults = [f"port {text_of(twice.get('port'))} stands there twice"] if twice is not None else []
    nameless = next((item for item in listed if len(listed) > 1 and not text_of(item.get("name"))), None)
    if nameless is not None:
        faults.append(f"port {text_of(nameless.get('port'))} has no name beside others")
    faults += [f"two ports are called {name}" for name, count in names.items() if count > 1]
    if faults:
        where = place(service, twice or nameless or listed[0], "port")
        yield Found(
            label(service),
            f"{' and '.join(faults)}: the API server refuses this Service, and the apply fails",
            "list each port once, each with a name of its own",
            where,
        )


def _target(service: Manifest, item: dict[str, Any], workload: Workload) -> Found | None:
    target = item.get("targetPort", item.get("port"))
    own = container_ports(workload)
    number, shown = number_of(target), text_of(target) or ""
    where = place(service, item, "targetPort" if "targetPort" in item else "port")
    if number is None:
        names = [name for name, _ in own if name]
        if shown and shown not in names:
            return Found(
                label(service),
                f"leads to the port {shown}, and no container of {workload.label} has one of that "
                f"name{nearest(shown, names)}: it has no endpoint",
                "name a port that a container declares",
                where,
            )
        return None
    numbers = [number for _, number in own]
    if number in numbers or not numbers:
        return None
    listed = ", ".join(map(str, sorted(set(numbers))))
    return Found(
        label(service),
        f"leads to port {number}, but the containers of {workload.label} declare {listed}: "
        "connections are refused unless something listens there all the same",
        f"lead to {listed}, or declare {number}",
        where,
        "warning",
    )
