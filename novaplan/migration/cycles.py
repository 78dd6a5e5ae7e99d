"""Circles in who needs whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def components(edges: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Each largest set of names that all reach each other, where it has more than one or reaches itself; in order."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((name, other) for name, others in edges.items() for other in others)
    found = (tuple(sorted(names)) for names in nx.strongly_connected_components(graph))
    return sorted(names for names in found if len(names) > 1 or graph.has_edge(names[0], names[0]))


def in_circles(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Every name that reaches itself."""
    return sorted(name for names in components(edges) for name in names)
