"""Consumer groups: a message goes to one consumer of a group, so two that handle it differently each lose some."""

from collections import defaultdict
from collections.abc import Sequence

from novaplan.consolidation.conflicts import mapping
from novaplan.consolidation.work import Work
from novaplan.topology.parts import address
from novaplan.topology.wiring import Dependency

Versions = Sequence[tuple[Dependency, Dependency]]
"""Dependencies of the current topology, each with what it becomes."""


def refuse_groups_in_two_roles(work: Work, edges: Versions) -> None:
    """Note every consumer group that would do two different things after a merge."""
    consumers: dict[tuple[str, str], list[tuple[Dependency, Dependency]]] = defaultdict(list)
    for old, new in edges:
        if new.mode == "consumes" and new.group is not None:
            consumers[new.server, new.group].append((old, new))
    for (server, group), found in sorted(consumers.items()):
        if any(work.is_merge(new.client) for _, new in found):
            _refuse_handlers(work, server, group, found)
            _refuse_clients(work, server, group, found)


def _refuse_handlers(work: Work, server: str, group: str, found: Versions) -> None:
    """Members of one service that handle the same messages differently."""
    handlers: dict[tuple[str, str | None], set[str | None]] = defaultdict(set)
    for _, new in found:
        handlers[new.client, new.topic].add(new.handler)
    for (client, topic), names in sorted(handlers.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if len(names - {None}) > 1:
            told = [f"{old.client} ({new.handler})" for old, new in found if (new.client, new.topic) == (client, topic)]
            about = {} if topic is None else {"topic": topic}
            match = mapping({"client": client, "server": server, **about, "group": group})
            settle = f"dependencies: [{{match: {match}, set: {{handler: ...}}}}]"
            _refuse(work, server, group, told, settle)


def _refuse_clients(work: Work, server: str, group: str, found: Versions) -> None:
    """Several services in one group; they may share the work if all do the same."""
    clients = sorted({new.client for _, new in found})
    handlers = {new.handler for _, new in found}
    if len(clients) > 1 and (len(handlers) > 1 or None in handlers):
        told = [f"{new.client} ({new.handler or new.topic or 'any topic'})" for _, new in found]
        match = mapping({"client": clients[-1], "server": server, "group": group})
        settle = f"dependencies: [{{match: {match}, set: {{group: ...}}}}]"
        _refuse(work, server, group, told, settle)


def _refuse(work: Work, server: str, group: str, told: Sequence[str], settle: str) -> None:
    work.conflicts.add(
        address("consumer-group", server, group), f"{group} is in two roles: {', '.join(sorted(set(told)))}", settle
    )
