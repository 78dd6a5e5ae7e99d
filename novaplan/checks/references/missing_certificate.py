"""The certificate that an Ingress names is there.

An Ingress finds its Secret in its own namespace alone. Without it, ingress-nginx serves its own self-signed
certificate, and browsers and apps refuse the connection. A Secret that cert-manager or another controller fills does
not stand among the files.
Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "note"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Secrets of Ingresses that are not there and that nothing here makes."""
    made = {
        (item.namespace, text_of(item.spec.get("secretName")) or item.name)
        for item in cluster.of_kind("Certificate", "ExternalSecret", "SealedSecret")
    }
    told = set()
    for item in cluster.of_kind("Ingress"):
        annotations = item.map(item.metadata, "annotations")
        if any(key.startswith("cert-manager.io/") or key == "kubernetes.io/tls-acme" for key in annotations):
            continue
        for entry in item.maps(item.spec, "tls"):
            name = text_of(entry.get("secretName"))
            if (item.namespace, name) in told:
                continue
            told.add((item.namespace, name))
            if name and not cluster.get("Secret", item.namespace, name) and (item.namespace, name) not in made:
                elsewhere = {
                    one.namespace or DEFAULT_NAMESPACE for one in cluster.of_kind("Secret") if one.name == name
                }
                hint = f" (there is one in {' and '.join(sorted(elsewhere))})" if elsewhere else ""
                yield Found(
                    label(item),
                    f"the Secret {name} with its certificate is not in namespace {item.namespace or DEFAULT_NAMESPACE}"
                    f"{hint}: clients get the self-signed one of the controller",
                    f"put {name} there, or let cert-manager make it",
                    place(item, entry, "secretName"),
                    "error" if elsewhere else None,
                )
