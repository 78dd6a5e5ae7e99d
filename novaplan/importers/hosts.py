"""Who answers to a host name: the workloads of a draft, under every name that DNS would give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from novaplan.importers.draft import Draft, Redirect

_MOST_REDIRECTS: Final = 5
_FROM: Final = "kubernetes"
"""The API server; every cluster has it, no manifest declares it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers to a name: workloads here (by their position in the draft), or a host outside."""

    workloads: tuple[int, ...] = ()
    outside: str | None = None
    """The host when nothing here answers, as far as names that stand for other names could be followed."""
    doubt: str | None = None
    """Why the answer may be wrong."""


class Hosts:
    """The names of a draft. Kubernetes has namespaces and long forms; compose has names only, dots or not."""

    def __init__(self, draft: Draft) -> None:
        self._default = draft.default_namespace
        self._names: dict[tuple[str | None, str], list[int]] = {}
        self._ports: dict[int, frozenset[int]] = {}
        self._labels: set[str] = set()
        self._spaces: dict[str, set[str | None]] = {}
        self._redirects: dict[tuple[str | None, str], Redirect] = {}
        self._pods = [workload.name for workload in draft.workloads]
        self._without_service: dict[tuple[str | None, str], int] = {}
        self._adopted: set[str] = set()
        self._declared = {item.name for item in draft.namespaces}
        self._declared |= {workload.namespace for workload in draft.workloads if workload.namespace}
        self._answers: dict[tuple[str, str | None], Answer] = {}
        for index, workload in enumerate(draft.workloads):
            space = workload.namespace or self._default
            self._ports[index] = frozenset(
                number for port in workload.ports for number in (port.port, port.target) if number
            )
            for host in dict.fromkeys(name.lower() for name in workload.hosts):
                self._add(space, host).append(index)
            if self._default is not None:
                self._labels.add(workload.name)
                self._without_service.setdefault((space, workload.name), index)
        for redirect in draft.redirects:
            space = redirect.namespace or self._default
            self._add(space, redirect.name.lower())
            self._redirects[space, redirect.name.lower()] = redirect

    def _add(self, space: str | None, host: str) -> list[int]:
        self._labels.add(host.partition(".")[0])
        self._spaces.setdefault(host, set()).add(space)
        return self._names.setdefault((space, host), [])

    def is_label(self, label: str) -> bool:
        """Whether some host here starts with ``label``; tried before a text is read closely."""
        return label in self._labels

    def ports(self, host: str, namespace: str | None) -> frozenset[int] | None:
        """The ports of a host that is known here, None when it is not."""
        answer = self.answer(host, namespace)
        if answer.workloads:
            return frozenset().union(*(self._ports[index] for index in answer.workloads))
        if (namespace or self._default, host) in self._redirects or self.guest(host):
            return frozenset()
        return None

    def answer(self, host: str, namespace: str | None) -> Answer:
        """Who answers to ``host`` when a pod of ``namespace`` asks."""
        key = (host, namespace)
        if key not in self._answers:
            self._answers[key] = self._resolve(host.rstrip("."), namespace or self._default, 0)
        return self._answers[key]

    def canonical(self, host: str, namespace: str | None) -> str:
        """One name for all the names by which a host that nothing here answers to may be asked for."""
        if self._default is None:
            return host
        name, space, _ = self._split(host)
        if space is None:
            return f"{host}.{namespace}" if namespace else host
        # A name that only could be inside a cluster is left as it is.
        return f"{name}.{space}" if ".svc" in host or space in self._declared else host

    def guest(self, host: str) -> tuple[str, str] | None:
        """Name and namespace of ``name.namespace`` when a host here has the name and nothing says where it lives."""
        if self._default is None:
            return None
        name, space, _ = self._split(host)
        if space is None or space in self._declared or space == self._default:
            return None
        return (name, space) if (self._default, name) in self._names else None

    def adopt(self, namespaces: Iterable[str]) -> None:
        """Take objects that name no namespace for objects of these."""
        self._adopted.update(namespaces)
        self._answers.clear()

    def _resolve(self, host: str, asking: str | None, depth: int) -> Answer:
        if (asking, host) in self._names:
            return self._named(asking, host, None, depth)
        if self._default is None:
            return Answer(outside=host)
        name, space, pod = self._split(host)
        if space is not None:
            space = self._default if space in self._adopted else space
            if (space, name) in self._names:
                return self._named(space, name, pod, depth)
            # postgres-0.postgres: a pod of a headless Service in the own namespace.
            if pod is None and (asking, space) in self._names:
                return self._named(asking, space, name, depth)
            return self._unserved(host, space, name)
        answer = self._elsewhere(host, asking, depth)
        return answer if answer.workloads or answer.doubt else self._unserved(host, asking, host)

    def _unserved(self, host: str, space: str | None, name: str) -> Answer:
        """A workload may be called so although no Service here is: the Service was not handed over, or is missing."""
        index = self._without_service.get((space, name))
        if index is None:
            return Answer(outside=host)
        doubt = f"no Service here is called {name!r}; taken for the workload of that name"
        return Answer(workloads=(index,), doubt=doubt)

    def _elsewhere(self, host: str, asking: str | None, depth: int) -> Answer:
        spaces = self._spaces.get(host, set())
        if len(spaces) == 1:
            (space,) = spaces
            doubt = f"{host!r} does not resolve in namespace {asking}; taken for the one in {space}"
            return replace(self._named(space, host, None, depth), doubt=doubt)
        if spaces:
            listed = ", ".join(sorted(str(space) for space in spaces))
            return Answer(
                outside=host, doubt=f"{host!r} does not resolve in namespace {asking}, but exists in {listed}"
            )
        return Answer(outside=host)

    def _named(self, space: str | None, host: str, pod: str | None, depth: int) -> Answer:
        redirect = self._redirects.get((space, host))
        if redirect is not None and not self._names[space, host]:
            if depth >= _MOST_REDIRECTS:
                return Answer(outside=host, doubt=f"{host!r} stands for a name that stands for a name, and so on")
            return self._resolve(redirect.target.rstrip(".").lower(), space, depth + 1)
        indexes = self._names[space, host]
        if pod is not None and len(indexes) > 1:
            indexes = [index for index in indexes if pod.rpartition("-")[0] == self._pods[index]] or indexes
        return Answer(workloads=tuple(indexes))

    def _split(self, host: str) -> tuple[str, str | None, str | None]:
        """Name, namespace and pod of a name inside a cluster; the namespace is None when it is not given."""
        labels = host.split(".")
        if len(labels) == 1:
            return host, None, None
        if "svc" in labels[2:]:
            end = labels.index("svc", 2)
            return labels[end - 2], labels[end - 1], labels[end - 3] if end >= 3 else None
        if len(labels) == 2:
            return labels[0], labels[1], None
        if len(labels) == 3:
            return labels[1], labels[2], labels[0]
        return host, "", None


def is_inside(host: str, namespaces: Iterable[str]) -> bool:
    """Whether a host that nothing here answers to must live in the same cluster or compose project all the same."""
    labels = host.split(".")
    if len(labels) == 1 or labels[-1] in ("svc", "local", "cluster") or "svc" in labels[1:]:
        return True
    return len(labels) <= 3 and labels[-1] in namespaces


def is_api_server(host: str) -> bool:
    """Whether this is the cluster's own API server, which every cluster has and no manifest declares."""
    return host == _FROM or host.startswith((f"{_FROM}.default.", f"{_FROM}.svc")) or host == f"{_FROM}.default"
