"""Add topics, consumer groups and logical DBs that are new."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, sh
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import ConsumerGroup, LogicalDB, Topic
from novaplan.topology.parts import address

PHASE, ORDER = "expand", 115


def propose(draft: Draft) -> None:
    """One for each store that gets any of them from nowhere; what moves comes with its own step."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for own, part in sorted(draft.goal.items()):
        if own in draft.state.parts or not isinstance(part, Topic | ConsumerGroup | LogicalDB):
            continue
        store = names_of(own)[0]
        if own in draft.heritage.came_from or address("datastore", store) not in draft.state.parts:
            continue
        if isinstance(part, LogicalDB):
            owners = tuple(sorted({old for owner in part.owners if (old := draft.owner_now(owner))}))
            part = replace(part, owners=owners)
        edits[store].append(put(own, part))
    for store, made in sorted(edits.items()):
        topics = [edit.part for edit in made if isinstance(edit.part, Topic)]
        kafka = any(item.name == store and item.kind == "kafka" for item in draft.target.datastores)
        draft.add(
            store,
            title=f"Add {listed([names_of(edit.address)[-1] for edit in made])} on {store}",
            stages=[made],
            units={"topics": len(topics)},
            touches=[store],
            actions=[
                Action(
                    f"Make the topic {topic.name}",
                    _topic(store, topic) if kafka else "",
                    "kafka" if kafka else "person",
                )
                for topic in topics
            ]
            or [Action("Nothing to run: numbers and groups are there as soon as they are used", tool="person")],
            gates=[
                Gate(
                    "It is there",
                    "kafka",
                    sh("kafka-topics.sh", "--bootstrap-server", f"{store}:9092", "--describe", "--topic", topic.name),
                    "exit status 0",
                )
                for topic in topics
            ]
            if kafka and topics
            else [Gate("They are there, and nobody uses them yet", "person", f"what is missing on {store}", "== 0")],
            rollback=[Action("Take it away again while nobody uses it", tool="person")],
            undone_until="something uses it",
        )


def _topic(store: str, topic: Topic) -> str:
    size: list[str | int] = ["--partitions", topic.partitions] if topic.partitions else []
    kept = ["--config", f"retention.ms={topic.retention}"] if topic.retention else []
    return sh(
        "kafka-topics.sh",
        "--bootstrap-server",
        f"{store}:9092",
        "--create",
        "--if-not-exists",
        "--topic",
        topic.name,
        *size,
        *kept,
    )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says what is used."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds parts of stores."""
    return only(step, "topic", "consumer-group", "logical-db") or no_removal(
        step, "topic", "consumer-group", "logical-db"
    )
