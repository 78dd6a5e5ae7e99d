"""A client of Redis gets another logical DB."""

from __future__ import annotations

from novaplan.migration.planning import plan
from novaplan.topology.system import Topology
from tests.migration.small import become, edge, service, system


def shared(name: str, client: str, index: int) -> Topology:
    owners = [{"index": 0, "owners": ["web"]}, {"index": index, "owners": [client]}]
    return system(
        name=name,
        services=[service("web"), service(client)],
        datastores=[{"name": "cache", "kind": "redis", "logical_dbs": owners}],
        dependencies=[
            edge("web", "cache", "writes", logical_db=0),
            edge(client, "cache", "reads", logical_db=index),
            edge(client, "cache", "writes", logical_db=index),
        ],
    )


def test_a_client_that_reads_and_writes_one_db_moves_once() -> None:
    old, new = shared("old", "worker", 1), shared("new", "jobs", 2)
    moved = {
        f"dependency:worker->cache/{mode}/1": f"dependency:jobs->cache/{mode}/2" for mode in ("reads", "writes")
    } | {"logical-db:cache/1": "logical-db:cache/2"}
    made = plan(old, become(new, old, moved, worker="jobs"))
    assert [step.id for step in made if step.kind == "rehome-redis"] == [
        "rehome-redis/worker/cache/1/dual-write",
        "rehome-redis/worker/cache/1/switch",
    ]
    assert made.state(len(made)).dependencies == new.dependencies
    (switch,) = [step for step in made if step.id.endswith("/switch")]
    gone = {edit.address for edit in switch.edits if edit.removes}
    assert gone == {"dependency:worker->cache/reads/1", "dependency:worker->cache/writes/1"}
