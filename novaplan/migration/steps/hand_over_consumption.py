"""Hand the consumption of messages over: the heir joins the group, or a new group starts where the old one stopped."""

from __future__ import annotations

from novaplan.migration.allowing import only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import put, remove
from novaplan.migration.facts import handed_over, ready, shifted
from novaplan.migration.gates import YES
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, rendered, sh, undo
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, dependency_address
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "migrate", 230


def propose(draft: Draft) -> None:
    """One for each consumption of a service of target that current has not just so."""
    for edge in draft.target.dependencies:
        own = dependency_address(edge)
        if not draft.is_consumption(edge) or draft.state.parts.get(own) == edge:
            continue
        if not draft.state.exists(edge.client) or not draft.state.exists(edge.server):
            continue
        olds = [
            old
            for item in draft.heritage.came_from.get(own, ())
            if (old := draft.now_at(item)) is not None and dependency_address(old) != own
        ]
        _add(draft, own, edge, olds)


def _add(draft: Draft, own: str, edge: Dependency, olds: list[Dependency]) -> None:
    gone = [remove(dependency_address(old)) for old in olds]
    joins = bool(olds) and all(
        (old.server, old.topic, old.group) == (edge.server, edge.topic, edge.group) and edge.group for old in olds
    )
    stages = [[put(own, edge)], gone] if joins else [[*gone, put(own, edge)]]
    clients = sorted({old.client for old in olds} - {edge.client})
    what = edge.topic or f"what {edge.server} has for it"
    title = (
        f"Let {edge.client} join the group {edge.group} for {what}, then take {listed(clients)} out of it"
        if joins
        else f"Stop {listed(clients) or 'nobody'}, and let {edge.client} take {what} up where it stopped"
        + (f", as the group {edge.group}" if edge.group else "")
    )
    draft.add(
        edge.client,
        edge.server,
        *(item for item in (edge.topic, edge.group) if item),
        title=title,
        stages=[stage for stage in stages if stage],
        units={"clients": len(clients)},
        establishes=(handed_over(edge),),
        after=draft.moves.get(edge.client, ()),
        touches=[edge.client, edge.server, *clients],
        preconditions=(
            "a message that comes twice does no harm: handlers are idempotent",
            *(
                ("both sides have a partition assignor in common",)
                if joins
                else (
                    "the old group has stopped before its offsets are set",
                    "messages wait no longer than the topic keeps them",
                )
            ),
        ),
        actions=_actions(draft, edge, olds, joins),
        gates=_gates(draft, edge),
        rollback=undo(
            f"Let {listed(clients) or 'the old consumers'} run again and stop {edge.client};"
            " offsets are copied back first where the group differs"
        ),
        undone_until="the old group's offsets have expired",
        risk="medium",
    )


def _is_kafka(draft: Draft, name: str) -> bool:
    store = draft.state.part(address("datastore", name), Datastore)
    return store is not None and store.kind == "kafka"


def _actions(draft: Draft, edge: Dependency, olds: list[Dependency], joins: bool) -> list[Action]:
    if joins:
        return rendered("Start the new consumer in the group, see it own partitions, then stop the old one")
    group = edge.group or edge.client
    found = [Action("Stop the old consumer, and wait until its group has no members", tool="person")] if olds else []
    if _is_kafka(draft, edge.server):
        tool = ["kafka-consumer-groups.sh", "--bootstrap-server", f"{edge.server}:9092"]
        topic = ["--topic", edge.topic] if edge.topic else ["--all-topics"]
        for old in olds:
            found.append(
                Action(
                    "Export its offsets",
                    sh(
                        *tool,
                        "--group",
                        old.group or old.client,
                        *topic,
                        "--reset-offsets",
                        "--to-current",
                        "--dry-run",
                        "--export",
                    )
                    + " > offsets.csv",
                    "kafka",
                )
            )
        if olds:
            found.append(
                Action(
                    "Give them to the new group",
                    sh(*tool, "--group", group, "--reset-offsets", "--from-file", "offsets.csv", "--execute"),
                    "kafka",
                )
            )
    return [*found, *rendered("Start the new consumer")]


def _gates(draft: Draft, edge: Dependency) -> list[Gate]:
    if not _is_kafka(draft, edge.server):
        return [
            Gate(
                "The new consumer takes messages",
                "person",
                "Does the new consumer take messages, and do none wait?",
                YES,
                draft.rollout.weight_bake,
            )
        ]
    group = edge.group or edge.client
    describe = sh(
        "kafka-consumer-groups.sh",
        "--bootstrap-server",
        f"{edge.server}:9092",
        "--describe",
        "--group",
        group,
    )
    return [
        Gate(
            "Every partition has an owner, and it is the new consumer",
            "kafka",
            f"{describe} | {_rows(group, UNOWNED)}",
            "== 0",
        ),
        Gate(
            "It has caught up: nothing waits",
            "kafka",
            f"{describe} | {_rows(group, LAG)}",
            "== 0",
        ),
    ]


UNOWNED, LAG = '($7 == "-") {found++} END {print found + 0}', "(1) {found += $6} END {print found + 0}"


def _rows(group: str, which: str) -> str:
    """A program of awk over the rows of a group, as ``--describe`` prints them: group, topic, partition, current
    offset, end of the log, lag, consumer."""
    return sh("awk", "-v", f"group={group}", f"$1 == group && {which}")


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The new consumer runs, and has the traffic of those before it.

    Whoever gets messages may have to pass them on to whoever is connected. Connections move with the traffic and last
    beyond it, so in every order some are on the other side for a while, and a bus that both sides share has to carry
    what is passed on; that is a precondition. Fewest are on the other side once all traffic has moved: so messages
    are handed over after that, and old connections are drained after the messages.
    """
    name = subject(step)[0]
    olds = [
        old.client
        for edit in step.edits
        for own in world.came_from.get(edit.address, ())
        if isinstance(old := world.start.get(own), Dependency)
    ]
    moved = dict.fromkeys(fact for old in olds for fact in shifted(world, old))
    return (*(ready(world, name) if name not in world.current.service else ("inventory",)), *moved)


def allowed(step: Step, world: World) -> str:
    """It changes who consumes, on one broker."""
    for edit in step.edits:
        if "/consumes" not in edit.address:
            return f"{step.kind} changes consumptions alone"
    return only(step, "dependency")
