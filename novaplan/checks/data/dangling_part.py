"""What a dependency names on a server is there: the database, its schemas, the logical DB, the topic.

A client that asks for a database that nobody made is refused when it starts. Looked at where the server states any part
of that kind; one that states none may have any, and a broker may make topics when they are first used.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.errors import nearest
from novaplan.topology.datastore import Datastore, Kafka
from novaplan.topology.wiring import Dependency

SEVERITY = "error"


def topology(system: System) -> Iterator[Found]:
    """Parts of servers that dependencies name and servers do not state."""
    stores = system.topology.datastore
    for edge in system.topology.dependencies:
        store = stores.get(edge.server)
        if store is not None and not edge.possible:
            for kind, name, known in _missing(edge, store):
                yield Found(
                    edge.client,
                    f"uses {kind} {name} of {store.name}, which is not there{nearest(name, known)}",
                    f"declare it on {store.name}, or correct the name",
                )


def _missing(edge: Dependency, store: Datastore) -> Iterator[tuple[str, str, list[str]]]:
    databases = {item.name: item for item in store.databases}
    if edge.database is not None and databases:
        if edge.database not in databases:
            yield "database", edge.database, sorted(databases)
        else:
            schemas = [item.name for item in databases[edge.database].schemas]
            yield from (("schema", name, schemas) for name in edge.schemas if schemas and name not in schemas)
    numbers = [str(item.index) for item in store.logical_dbs]
    if edge.logical_db is not None and numbers and str(edge.logical_db) not in numbers:
        yield "logical DB", str(edge.logical_db), numbers
    made = isinstance(store.deployment, Kafka) and store.deployment.auto_create_topics
    topics = [] if made else [item.name for item in store.topics]
    if edge.topic is not None and topics and edge.topic not in topics:
        yield "topic", edge.topic, topics
