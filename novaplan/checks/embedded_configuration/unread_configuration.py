"""A configuration file that is mounted is read.

The official images of Redis and PostgreSQL start with their own settings: a redis.conf or postgresql.conf lying in the
container changes nothing until the command names it (``redis-server /etc/redis/redis.conf``,
``postgres -c config_file=/etc/postgresql/postgresql.conf``), and likewise pg_hba.conf (``hba_file``).
Source: https://github.com/docker-library/docs/blob/master/redis/README.md and
https://github.com/docker-library/docs/blob/master/postgres/README.md (Database Configuration)
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, is_official, servers
from novaplan.importers.draft import Draft, MountedFile

SEVERITY = "error"
_FILES = {
    "redis-server": {"redis.conf": "redis-server {path}"},
    "postgres": {"postgresql.conf": "postgres -c config_file={path}", "pg_hba.conf": "postgres -c hba_file={path}"},
}


def workloads(draft: Draft) -> Iterator[Found]:
    """Servers of the official images with such a file that their command does not name."""
    for server in servers(draft, *_FILES):
        if server.scripted or not is_official(server.container):
            continue
        for file in server.container.files:
            form = _FILES[server.program].get(file.path.rpartition("/")[2])
            if form is not None and not _named(server, file):
                text = f"{file.path} is mounted and nothing reads it: the server runs with the image's own settings"
                yield Found(server.label, text, f"start it with {form.format(path=file.path)}", file.where)


def _named(server: Server, file: MountedFile) -> bool:
    data = next((item.text for item in server.container.settings if item.name == "PGDATA"), None)
    folder = file.path.rpartition("/")[0]
    return (
        any(file.path in word or word == folder for word in server.container.command)
        or (server.config is not None and file.path in server.config.text)
        or folder == (data or "/var/lib/postgresql/data")
    )
