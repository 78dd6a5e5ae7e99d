"""Drop what a store no longer holds for anybody: databases, schemas, logical DBs, topics. There is no way back."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only_removes
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.gates import YES
from novaplan.migration.postgres import server_of
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step, Tool
from novaplan.migration.texts import listed, sh, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, kind_of, label_of

PHASE, ORDER = "contract", 390
KINDS = ("database", "schema", "logical-db", "topic", "consumer-group")


def propose(draft: Draft) -> None:
    """One for each store that stays; what a store holds that goes, goes with it."""
    gone: dict[str, list[str]] = defaultdict(list)
    for own in sorted(draft.state.parts):
        if own not in draft.goal and kind_of(own) in KINDS:
            store = names_of(own)[0]
            if address("datastore", store) in draft.goal:
                gone[store].append(own)
    for store, owns in sorted(gone.items()):
        found = draft.state.part(address("datastore", store), Datastore)
        edges = [
            step.id
            for step in draft.steps
            if any(edit.removes and f"->{store}/" in edit.address for edit in step.edits)
        ]
        draft.add(
            store,
            title=f"Drop {listed([label_of(own) for own in owns[:4]])} on {store}"
            + (" and more" if len(owns) > 4 else "")
            + ": what is dropped is gone",
            stages=[[remove(own) for own in reversed(owns)]],
            units={"schemas": len(owns)},
            after=edges,
            touches=[store],
            preconditions=(
                "the latest backup was restored on another machine and read",
                "nobody has read any of it for the whole bake time",
            ),
            actions=[Action(f"Drop {label_of(own)}", *_command(store, found, own)) for own in owns],
            gates=_before(found, owns)
            or [Gate("Nobody reads any of it", "person", "Does nobody read it?", YES, draft.rollout.bake)],
            rollback=[Action("Restore it from the backup; what was written since is lost", tool="person")],
            reversible=False,
            undone_until="it is done: a backup is the only way back",
            risk="high",
        )


def _command(store: str, found: Datastore | None, own: str) -> tuple[str, Tool]:
    names, kind = names_of(own), found.kind if found else ""
    if found is not None and kind == "postgres" and kind_of(own) == "database":
        return server_of(found).psql("postgres", f"DROP DATABASE {sql_name(names[1])}"), "sql"
    if found is not None and kind == "postgres" and kind_of(own) == "schema":
        return server_of(found).psql(names[1], f"DROP SCHEMA {sql_name(names[2])} CASCADE"), "sql"
    if kind_of(own) == "logical-db":
        return sh("redis-cli", "-h", store, "-n", names[1], "FLUSHDB", "ASYNC"), "redis-cli"
    if kind == "kafka" and kind_of(own) == "topic":
        return sh("kafka-topics.sh", "--bootstrap-server", f"{store}:9092", "--delete", "--topic", names[1]), "kafka"
    return "", "person"


def _before(found: Datastore | None, owns: list[str]) -> list[Gate]:
    databases = [names_of(own)[1] for own in owns if kind_of(own) == "database"]
    if found is None or found.kind != "postgres" or not databases:
        return []
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname IN ({', '.join(map(sql_text, databases))})"
    return [
        Gate("Nobody is connected, looked at before", "sql", server_of(found).psql("postgres", query), "== 0", 600_000)
    ]


def allowed(step: Step, world: World) -> str:
    """It removes what stores hold, and says that there is no way back."""
    if step.reversible:
        return f"{step.kind} has no way back"
    return only_removes(step, *KINDS)
