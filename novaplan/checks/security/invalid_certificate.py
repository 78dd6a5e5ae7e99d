"""A Secret of type kubernetes.io/tls holds a certificate and its key.

With anything else in it the controller serves a certificate of its own making, which every browser refuses.
Source: https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.credentials import is_encoded, values_of
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"
_KEYS = ("tls.crt", "tls.key")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Secrets for TLS whose keys hold no PEM."""
    for secret in cluster.of_kind("Secret"):
        if text_of(secret.value.get("type")) != "kubernetes.io/tls":
            continue
        values = {value.key: value for value in values_of(secret)}
        if not values and not secret.value.get("data") and not secret.value.get("stringData"):
            continue  # filled elsewhere
        for key in _KEYS:
            value = values.get(key)
            if value is None:
                message, where = f"has no {key}, so it holds no certificate", place(secret)
            elif not _is_pem(value.text):
                message, where = f"{key} is no PEM, so there is no certificate to serve", value.where
            else:
                continue
            yield Found(
                label(secret), message, "put the certificate and its key there, or let cert-manager do it", where
            )


def _is_pem(text: str) -> bool:
    _, mark, rest = text.partition("-----BEGIN ")
    body = rest.partition("-----")[2].partition("-----END")[0]
    return bool(mark) and is_encoded(body)
