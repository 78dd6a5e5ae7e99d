"""Who leads a datastore: the command that asks its own members."""

from __future__ import annotations

from dataclasses import dataclass

from novaplan.render.datastores.postgres.names import REST_PORT
from novaplan.render.datastores.postgres.patroni import FOLDER
from novaplan.render.endpoints import MASTER_NAME, SENTINEL_PORT
from novaplan.render.guides.facts import Facts
from novaplan.topology.datastore import Datastore, Patroni, Sentinel

PATRONI = ("patronictl", f"--config-file={FOLDER}/patroni.yml", "list")


@dataclass(frozen=True, slots=True)
class Question:
    """A command inside a pod that says who leads."""

    store: str
    title: str
    namespace: str | None
    pod: str
    """A workload, of which kubectl picks a pod that is ready: any member knows."""
    container: str
    command: tuple[str, ...]


def leaders(facts: Facts) -> list[Question]:
    """One question for each datastore that elects a leader."""
    found = [question(facts, store) for store in facts.stores]
    return [item for item in found if item is not None]


def question(facts: Facts, store: Datastore) -> Question | None:
    """How to ask who leads ``store``; None where nobody is elected."""
    if isinstance(store.deployment, Sentinel):
        command = ("redis-cli", "-p", str(SENTINEL_PORT), "sentinel", "get-master-addr-by-name", MASTER_NAME)
        return _asked(facts, store, SENTINEL_PORT, f"Master of {store.name}", command)
    if isinstance(store.deployment, Patroni):
        return _asked(facts, store, REST_PORT, f"Members of {store.name}", PATRONI)
    return None


def _asked(facts: Facts, store: Datastore, port: int, title: str, command: tuple[str, ...]) -> Question | None:
    for item in facts.of(store.name):
        container = item.listening(port)
        if container is not None and item.kind == "StatefulSet":
            return Question(store.name, title, item.namespace, item.reference, container, command)
    return None
