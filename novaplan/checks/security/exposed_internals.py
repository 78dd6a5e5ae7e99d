"""What is meant for operators is not reachable from outside.

Metrics tell how much there is of what, which versions run and which paths exist; administration and API consoles are
doors. They belong on a port of their own that no public route leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"
_INTERNAL = re.compile(
    r"(?i)(?:^|/)(?P<what>metrics|admin|actuator|debug|swagger(?:-ui)?|graphiql|pprof|internal|console|prometheus)"
    r"(?:[/.(]|$)"
)


def objects(cluster: Cluster) -> Iterator[Found]:
    """Paths of Ingresses."""
    for item in cluster.of_kind("Ingress"):
        for rule in item.maps(item.spec, "rules"):
            for path in item.maps(item.map(rule, "http"), "paths"):
                text = text_of(path.get("path")) or ""
                found = _INTERNAL.search(text)
                if found:
                    yield Found(
                        label(item),
                        f"{text} leads everybody to {found['what']}",
                        "take the path out of the public routes, or ask for a login before it",
                        place(item, path, "path"),
                    )
