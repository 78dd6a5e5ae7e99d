"""Annotations of an Ingress are ones that its controller knows.

ingress-nginx ignores what it does not know, without a word: what the annotation was meant to set stays as it was. Some
are settings of the whole controller, which belong into its ConfigMap and do nothing on an Ingress.
Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/,
https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.errors import nearest
from novaplan.importers.addresses.wordlist import word_list

SEVERITY = "warning"

_PREFIX: Final = "nginx.ingress.kubernetes.io/"
_KNOWN: Final = word_list(
    """
    affinity affinity-canary-behavior affinity-mode afterlogging allowlist-source-range app-root auth-always-set-cookie
    auth-cache-duration auth-cache-key auth-keepalive auth-keepalive-requests auth-keepalive-share-vars
    auth-keepalive-timeout auth-method auth-proxy-set-headers auth-realm auth-request-redirect auth-response-headers
    auth-secret auth-secret-type auth-signin auth-signin-redirect-param auth-snippet auth-tls-error-page
    auth-tls-match-cn auth-tls-pass-certificate-to-upstream auth-tls-secret auth-tls-verify-client
    auth-tls-verify-depth auth-type auth-url backend-protocol canary canary-by-cookie canary-by-header
    canary-by-header-pattern canary-by-header-value canary-weight canary-weight-total client-body-buffer-size
    configuration-snippet connection-proxy-header cors-allow-credentials cors-allow-headers cors-allow-methods
    cors-allow-origin cors-expose-headers cors-max-age custom-headers custom-http-errors default-backend
    denylist-source-range disable-proxy-intercept-errors enable-access-log enable-cors enable-global-auth
    enable-modsecurity enable-opentelemetry enable-opentracing enable-owasp-core-rules enable-rewrite-log
    force-ssl-redirect from-to-www-redirect global-rate-limit global-rate-limit-header-name
    global-rate-limit-ignored-cidrs global-rate-limit-key global-rate-limit-window http2-push-preload limit-allowlist
    limit-burst-multiplier limit-connections limit-rate limit-rate-after limit-rpm limit-rps limit-whitelist
    load-balance mirror-host mirror-request-body mirror-target modsecurity-snippet modsecurity-transaction-id
    opentelemetry-operation-name opentelemetry-trust-incoming-span opentracing-trust-incoming-span permanent-redirect
    permanent-redirect-code preserve-trailing-slash proxy-body-size proxy-buffer-size proxy-buffering
    proxy-buffers-number proxy-busy-buffers-size proxy-connect-timeout proxy-cookie-domain proxy-cookie-path
    proxy-http-version proxy-max-temp-file-size proxy-next-upstream proxy-next-upstream-timeout
    proxy-next-upstream-tries proxy-read-timeout proxy-redirect-from proxy-redirect-to proxy-request-buffering
    proxy-send-timeout proxy-ssl-ciphers proxy-ssl-name proxy-ssl-protocols proxy-ssl-secret proxy-ssl-server-name
    proxy-ssl-verify proxy-ssl-verify-depth relative-redirects rewrite-target satisfy secure-backends server-alias
    server-snippet service-upstream session-cookie-change-on-failure session-cookie-conditional-samesite-none
    session-cookie-domain session-cookie-expires session-cookie-hash session-cookie-max-age session-cookie-name
    session-cookie-path session-cookie-samesite session-cookie-secure ssl-ciphers ssl-passthrough
    ssl-prefer-server-ciphers ssl-redirect stream-snippet temporal-redirect temporal-redirect-code upstream-hash-by
    upstream-hash-by-subset upstream-hash-by-subset-size upstream-vhost use-port-in-redirects use-regex
    whitelist-source-range x-forwarded-prefix
    """
)
_OF_THE_CONTROLLER: Final = word_list(
    """
    upstream-keepalive-connections upstream-keepalive-timeout upstream-keepalive-requests upstream-keepalive-time
    keep-alive keep-alive-requests use-gzip use-http2 hsts hsts-max-age ssl-protocols worker-processes
    use-forwarded-headers client-header-timeout client-body-timeout max-worker-connections proxy-set-headers
    large-client-header-buffers server-tokens enable-brotli
    """
)


def objects(cluster: Cluster) -> Iterator[Found]:
    """Annotations with the prefix of ingress-nginx that it ignores, one finding for each Ingress."""
    for item in cluster.of_kind("Ingress"):
        annotations = item.map(item.metadata, "annotations")
        own = [key.removeprefix(_PREFIX) for key in annotations if key.startswith(_PREFIX)]
        unknown = [name for name in own if name not in _KNOWN]
        if unknown:
            moved = [name for name in unknown if name in _OF_THE_CONTROLLER]
            hint = "" if moved else nearest(unknown[0], _KNOWN)
            remedy = "set them in the ConfigMap of the controller" if moved else "correct their names, or remove them"
            yield Found(
                label(item),
                f"ingress-nginx knows no annotation {', '.join(unknown)}{hint}, and ignores what it asks for",
                remedy,
                place(item, annotations, f"{_PREFIX}{unknown[0]}"),
            )
