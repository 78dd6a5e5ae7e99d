"""Folders that a configuration names are in the image, or mounted.

Redis creates no folder: a ``logfile``, ``dir``, ``unixsocket`` or ``aclfile`` in one that does not exist ends the start
(Can't open the log file: No such file or directory). The official images of Redis and Valkey hold /data and the usual
folders of a system, and neither /var/log/redis nor /etc/redis.
Source: https://github.com/redis/docker-library-redis (Dockerfiles)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Directive, Server, is_official, mounted_below, servers
from novaplan.importers.draft import Draft

SEVERITY = "error"
_FILES = (
    "logfile",
    "unixsocket",
    "aclfile",
    "tls-cert-file",
    "tls-key-file",
    "tls-ca-cert-file",
    "include",
    "loadmodule",
)
_PRESENT = frozenset(
    ("/", "/data", "/dev", "/dev/shm", "/etc", "/home", "/mnt", "/opt", "/proc/1/fd", "/proc/self/fd", "/run", "/srv")
) | frozenset(("/tmp", "/usr", "/usr/lib", "/usr/local", "/usr/local/etc", "/var", "/var/lib", "/var/log", "/var/run"))


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers and Sentinels of the official images."""
    for server in servers(draft, "redis-server", "redis-sentinel"):
        if not is_official(server.container):
            continue
        counted = {item.name: item for item in server.stated if item.name in ("dir", "logfile")}
        for item in server.stated:
            if counted.get(item.name, item) is item:
                yield from _of(server, item)


def _of(server: Server, item: Directive) -> Iterator[Found]:
    path = item.first
    if item.name not in ("dir", *_FILES) or not path.startswith("/"):
        return
    folder = path.rstrip("/") or "/" if item.name == "dir" else posixpath.dirname(path)
    if folder not in _PRESENT and not mounted_below(server.container, folder):
        text = (
            f"{item.name} {path}: nothing is mounted at {folder} and the image has no such folder, so the container "
            f"{server.container.name} exits at the start"
        )
        remedy = (
            f"mount a volume at {folder}" if item.name != "logfile" else 'set logfile "", which logs to the console'
        )
        yield Found(server.label, text, remedy, item.where)
