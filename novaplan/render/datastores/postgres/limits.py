"""What no PostgreSQL can be run with, and what runs with a risk."""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.errors import InputError, Problem
from novaplan.render.context import Context
from novaplan.render.datastores.postgres.names import replicated
from novaplan.topology.datastore import Datastore


class PostgresError(InputError):
    """A PostgreSQL that could not run as its topology says."""


def check(context: Context, datastore: Datastore) -> None:
    """Raises PostgresError for a Patroni whose lease would outlive its data, and for one of another version than its
    image and programs are."""
    if not replicated(datastore):
        return
    problems = [
        Problem(message, field=f"datastores.{datastore.name}.{field}")
        for field, message in (*_storage(datastore), *_version(context, datastore))
    ]
    if problems:
        raise PostgresError(problems)


def warnings(datastore: Datastore) -> Iterator[str]:
    """What runs, with a risk that somebody should know of."""
    if datastore.storage is None:
        yield f"{datastore.name}: no storage is stated, so all of its data are gone when its pod is deleted"


def member_image(context: Context, datastore: Datastore) -> str:
    """The image of a member that Patroni runs: the settings' own for it, else the one of every Patroni."""
    return context.chosen_image(datastore.name, datastore.name) or context.settings.tools.patroni


def _storage(datastore: Datastore) -> Iterator[tuple[str, str]]:
    if datastore.storage is None:
        # Patroni makes a new cluster only where the lease tells of none: members that lost their data wait for ever.
        yield "storage", "Patroni needs it: what it keeps beside the lease outlives a pod, and data without do not"


def _version(context: Context, datastore: Datastore) -> Iterator[tuple[str, str]]:
    stated = re.match(r"\d+", datastore.version or "")
    if stated is None:
        return
    image, programs = member_image(context, datastore), context.settings.tools.patroni_bin_dir
    # Spilo's images say it in their name, Debian's folders in theirs; what says nothing is believed.
    told = {"tools.patroni": re.search(r"spilo-(\d+)", image), "tools.patroni_bin_dir": re.search(r"/(\d+)/", programs)}
    if any(found is not None and found[1] != stated[0] for found in told.values()):
        yield (
            "version",
            f"PostgreSQL {stated[0]} is stated, but the image is {image} and its programs are in {programs};"
            f" set {' and '.join(told)} to what holds {stated[0]}",
        )
