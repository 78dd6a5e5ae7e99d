"""Names as a topology takes them: DNS labels, unique among services and datastores."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from novaplan.importers.draft import Note, Workload

LONGEST: Final = 63
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_NOT_IN_HOSTS = re.compile(r"[^a-z0-9.]+")
_LABEL = re.compile(r"[^\s\x00-\x1f\x7f]{1,253}")


def name(text: str, default: str = "unnamed") -> str:
    """``text`` as a name Kubernetes accepts: ``My_Service`` is ``my-service``."""
    if len(text) <= LONGEST and _NAME.fullmatch(text):
        return text
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:LONGEST].strip("-") or default


def host_name(text: str) -> str:
    """``text`` as a host name: dots stay."""
    return _NOT_IN_HOSTS.sub("-", text.lower()).strip("-.")[:253].strip("-.") or "unnamed"


@lru_cache(maxsize=65536)
def is_label(text: str | None) -> bool:
    """Whether a server could have given this name: anything printable without white space."""
    return text is not None and _LABEL.fullmatch(text) is not None


def unique(texts: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Each of ``texts`` as a name, numbered where it is already taken."""
    seen = set(taken)
    result = []
    for text in texts:
        base = candidate = name(text)
        number = 2
        while candidate in seen:
            candidate = f"{base[: LONGEST - len(str(number)) - 1].strip('-')}-{number}"
            number += 1
        seen.add(candidate)
        result.append(candidate)
    return result


def of_workloads(workloads: Sequence[Workload], notes: list[Note]) -> list[str]:
    """A name for each workload. Where two namespaces have one name, the namespace is put behind it."""
    plain = [name(workload.name) for workload in workloads]
    counts = Counter(plain)
    counts_in_namespace = Counter(zip(plain, (workload.namespace for workload in workloads), strict=True))
    wanted = []
    for workload, own in zip(workloads, plain, strict=True):
        if counts[own] == 1:
            wanted.append(own)
            continue
        # Two kinds of workload may share a name within a namespace; then the kind tells them apart.
        tail = workload.namespace if counts_in_namespace[own, workload.namespace] == 1 else workload.kind
        wanted.append(f"{own}-{tail}" if tail else own)
    names = unique(wanted)
    for workload, own in zip(workloads, names, strict=True):
        if own != workload.name:
            reason = (
                "another workload has that name" if counts[name(workload.name)] > 1 else "Kubernetes rejects that name"
            )
            notes.append(Note("uncertain", f"{workload.name!r} is called {own!r} here: {reason}", workload.where))
    return names
