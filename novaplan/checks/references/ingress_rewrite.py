"""A rewrite gives each request the path that its service expects.

``rewrite-target: /$2`` puts in what the second group of the path has caught. A path without that group catches
nothing, so every request arrives as ``/``, whatever was asked for. And one fixed target for several paths sends them
all to the same place. With ``use-regex`` or a rewrite, ingress-nginx takes every path of that host for a regular
expression that matches from the start, so ``Exact`` and ``Prefix`` no longer say what they say.
Source: https://kubernetes.github.io/ingress-nginx/examples/rewrite/,
https://kubernetes.github.io/ingress-nginx/user-guide/ingress-path-matching/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "error"

_PREFIX: Final = "nginx.ingress.kubernetes.io/"
_GROUP = re.compile(r"(?<!\\)\((?!\?)")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ingresses of ingress-nginx that rewrite paths, or take them for patterns."""
    for item in cluster.of_kind("Ingress"):
        annotations = item.map(item.metadata, "annotations")
        target = text_of(annotations.get(f"{_PREFIX}rewrite-target"))
        entries = [
            entry for rule in item.maps(item.spec, "rules") for entry in item.maps(item.map(rule, "http"), "paths")
        ]
        paths = [text_of(entry.get("path")) or "/" for entry in entries]
        if target is not None:
            yield from _rewrites(item, target, paths)
        if target is not None or text_of(annotations.get(f"{_PREFIX}use-regex")) == "true":
            exact = [path for path, entry in zip(paths, entries, strict=True) if entry.get("pathType") == "Exact"]
            if exact:
                yield Found(
                    label(item),
                    f"paths are taken for patterns, so {_listed(exact)} matches whatever begins so, not only itself",
                    "leave use-regex and rewrite-target out, or write ^PATH$ with pathType ImplementationSpecific",
                    place(item, next(entry for entry in entries if entry.get("pathType") == "Exact"), "path"),
                    "warning",
                )


def _rewrites(item: Manifest, target: str, paths: list[str]) -> Iterator[Found]:
    annotations = item.map(item.metadata, "annotations")
    where = place(item, annotations, f"{_PREFIX}rewrite-target")
    wanted = max(map(int, re.findall(r"\$(\d)", target)), default=0)
    lost = [path for path in paths if len(_GROUP.findall(path)) < wanted]
    if lost:
        arrives = re.sub(r"\$\d", "", target) or "/"
        yield Found(
            label(item),
            f"rewrites to {target}, but {_listed(lost)} catch nothing as group {wanted}: every request there arrives "
            f"as {arrives}",
            "remove rewrite-target where services expect the whole path, or write paths such as /part(/|$)(.*)",
            where,
        )
    elif not wanted and len(set(paths)) > 1:
        yield Found(
            label(item),
            f"rewrites every request of {_listed(paths)} to {target}, whatever follows the path",
            "catch what follows in a group, as in /part(/|$)(.*) with /$2, or remove rewrite-target",
            where,
        )


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
