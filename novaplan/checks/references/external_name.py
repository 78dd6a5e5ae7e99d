"""A Service that stands for an outside name is one that DNS can follow.

``type: ExternalName`` is an alias in DNS: an IP address there is taken for a name that does not exist, and a URL or a
port makes the name invalid. One that leads to itself is followed in a circle.
Source: https://kubernetes.io/docs/concepts/services-networking/service/#externalname
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import Resolver
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?\.?")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Aliases that lead nowhere."""
    resolver = Resolver(cluster)
    for service in cluster.of_kind("Service"):
        target = text_of(service.spec.get("externalName"))
        if text_of(service.spec.get("type")) != "ExternalName" or target is None:
            continue
        answer = resolver.answer(target, service.namespace or DEFAULT_NAMESPACE)
        if target.replace(".", "").isdigit():
            what, remedy = (
                "is an IP address, which DNS takes for a name",
                "make a Service without selector and Endpoints",
            )
        elif not _NAME.fullmatch(target):
            what, remedy = "is no host name", "write the name alone, without scheme, port and path"
        elif answer is not None and answer.service is service:
            what, remedy = "is this Service itself", "name the host it should stand for"
        elif answer is not None and answer.service is None and ".svc" in target and answer.namespace in resolver.used:
            what, remedy = f"is no Service of namespace {answer.namespace}", "name a Service that is there"
        else:
            continue
        yield Found(
            label(service),
            f"stands for {target}, which {what}: the name never resolves",
            remedy,
            place(service, service.spec, "externalName"),
        )
