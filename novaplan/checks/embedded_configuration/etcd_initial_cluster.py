"""The members that etcd is told of are the members that start.

Each member looks for its own name in ``initial-cluster`` and exits when it is missing, or when the URL beside it is not
the one it advertises to its peers. Peers connect to the port that stands there.
Source: https://etcd.io/docs/v3.5/op-guide/clustering/#static
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.errors import nearest
from novaplan.importers.draft import Draft, Where

SEVERITY = "error"
_PORT = re.compile(r":(\d+)/?$")
_NAME = re.compile(r"\$[({](\w+)[)}]")


def workloads(draft: Draft) -> Iterator[Found]:
    """Members of each workload that runs etcd."""
    for server in servers(draft, "etcd"):
        stated, where = _setting(server, "initial-cluster")
        if stated and where is not None:
            yield from _of(server, stated, where)


def _of(server: Server, stated: str, where: Where) -> Iterator[Found]:
    entries = dict(item.strip().partition("=")[::2] for item in stated.split(",") if "=" in item)
    listens = _setting(server, "listen-peer-urls")[0] or ""
    ports = {match[1] for item in listens.split(",") if (match := _PORT.search(item.strip()))}
    for name, url in entries.items():
        port = _PORT.search(url)
        if port and ports and port[1] not in ports:
            listening = ", ".join(sorted(ports))
            text = f"the peers are told to reach {name} on port {port[1]}, and members listen on {listening}"
            yield Found(server.label, text, "use the port of listen-peer-urls in every entry", where)
    for index in range(min(server.workload.replicas, 9)):
        own = _of_member(server, _setting(server, "name")[0], index)
        advertised = _of_member(server, _setting(server, "initial-advertise-peer-urls")[0], index)
        if own and "$" not in own and own not in entries:
            text = f"initial-cluster has no member {own}{nearest(own, entries)}, so that one exits at the start"
            yield Found(server.label, text, "list every member under the name it is given", where)
        elif own and advertised and "$" not in advertised and entries.get(own, advertised) != advertised:
            text = f"{own} advertises another peer URL than initial-cluster gives it, so it exits at the start"
            yield Found(server.label, text, "use the same URL in both places", where)
    if server.workload.kind == "statefulset" and len(entries) > server.workload.replicas:
        text = f"initial-cluster names {len(entries)} members and {server.workload.replicas} run"
        if server.workload.replicas < len(entries) // 2 + 1:
            text += ", fewer than a majority: the cluster never forms"
        yield Found(server.label, text, "run as many as are named", where)


def _setting(server: Server, name: str) -> tuple[str | None, Where | None]:
    """A setting as flag or variable; the flag wins."""
    flag = server.last(name)
    if flag is not None:
        return flag.text, flag.where
    variable = f"ETCD_{name.replace('-', '_').upper()}"
    return next(((item.text, item.where) for item in server.container.settings if item.name == variable), (None, None))


def _of_member(server: Server, text: str | None, index: int) -> str | None:
    """What one pod makes of it: variables that hold the name of the pod are put in place."""
    pods = {item.name for item in server.container.settings if item.pod_field == "metadata.name"}
    own = f"{server.workload.name}-{index}"
    if text is None:
        return own if "ETCD_NAME" in pods and server.workload.kind == "statefulset" else None
    return _NAME.sub(lambda match: own if match[1] in pods else match[0], text)
