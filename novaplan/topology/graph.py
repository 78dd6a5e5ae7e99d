"""The topology as a networkx graph."""

from typing import TYPE_CHECKING, Any

from novaplan.topology.system import Topology

if TYPE_CHECKING:
    import networkx


def graph(topology: Topology, *, possible: bool = True) -> "networkx.MultiDiGraph[str]":
    """Nodes are services, datastores and externals by name, edges are dependencies from client to server.

    Nodes carry ``category`` (service, datastore, external), ``kind`` and ``replicas``; edges carry ``mode``,
    ``database``, ``logical_db``, ``topic``, ``group``, ``pool`` and ``possible``. Attributes that are not stated are
    absent. ``possible=False`` leaves out the dependencies that are only possible.
    """
    import networkx

    result: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=topology.name)
    for service in topology.services:
        scaling = {"namespace": service.namespace, "team": service.team, "optional": service.optional or None}
        node = {"category": "service", "kind": service.role, "replicas": service.replicas, **scaling}
        result.add_node(service.name, **_stated(node))
    for store in topology.datastores:
        node = {"category": "datastore", "kind": store.kind, "replicas": store.members, "namespace": store.namespace}
        result.add_node(store.name, **_stated({**node, "deployment": store.deployment.type}))
    for external in topology.externals:
        result.add_node(external.name, category="external", kind=external.kind)
    for edge in topology.dependencies:
        if edge.possible and not possible:
            continue
        details = {
            "mode": edge.mode,
            "database": edge.database,
            "logical_db": edge.logical_db,
            "topic": edge.topic,
            "group": edge.group,
            "pool": edge.pool.max if edge.pool else None,
            "possible": edge.possible or None,
        }
        result.add_edge(edge.client, edge.server, **_stated(details))
    return result


def node_link(topology: Topology, *, possible: bool = False) -> dict[str, Any]:
    """networkx's own JSON form of the graph: ``nodes`` with ``id``, ``edges`` with ``source`` and ``target``.

    Whoever reads it takes each edge for one that is there, so the only possible ones are left out unless asked for.
    """
    import networkx

    data: dict[str, Any] = networkx.node_link_data(graph(topology, possible=possible), edges="edges")
    return data


def _stated(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
