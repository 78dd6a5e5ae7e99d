"""Which pods a topology runs, and what each of them requests."""

from __future__ import annotations

from hypothesis import given, settings

from novaplan.capacity.pods import Pod, pods, pods_of_both, replicas, share_of
from novaplan.capacity.totals import datastore_components
from novaplan.topology.datastore import (
    Cluster,
    Connections,
    Database,
    Datastore,
    Etcd,
    Kafka,
    Managed,
    Patroni,
    Pooler,
    Sentinel,
)
from novaplan.topology.service import (
    Autoscaling,
    Compute,
    Container,
    Resources,
    Rollout,
    Service,
    Spread,
    Volume,
)
from novaplan.topology.system import Topology
from tests.strategies import topologies

MIB = 1 << 20


def asks(cpu: str, memory: str) -> Resources:
    return Resources(requests=Compute(cpu=cpu, memory=memory))


def of(*parts: Service | Datastore, **options: object) -> list[Pod]:
    services = tuple(part for part in parts if isinstance(part, Service))
    stores = tuple(part for part in parts if isinstance(part, Datastore))
    return list(pods(Topology(services=services, datastores=stores), **options))  # type: ignore[arg-type]


def names(found: list[Pod]) -> list[str]:
    return [pod.name for pod in found]


API = Service(
    name="api",
    replicas=3,
    autoscaling=Autoscaling(min=2, max=4),
    rollout=Rollout(max_surge="25%"),
    containers=(
        Container(name="init", kind="init", resources=asks("2", "64Mi")),
        Container(name="proxy", kind="native-sidecar", resources=asks("100m", "32Mi")),
        Container(name="api", resources=asks("250m", "256Mi")),
        Container(name="logs", kind="sidecar", resources=asks("50m", "16Mi")),
    ),
)


def test_a_pod_requests_what_the_scheduler_counts() -> None:
    pod = of(API)[0]
    # The init container runs beside the native sidecar; the others run beside it later.
    assert pod.cpu_request_millicores == max(2000 + 100, 100 + 250 + 50)
    assert pod.memory_request_bytes == (32 + 256 + 16) * MIB


def test_counts() -> None:
    assert [len(of(API, count=count)) for count in ("minimum", "current", "maximum")] == [2, 3, 4]
    assert [len(of(API, count=count, surge=True)) for count in ("minimum", "current", "maximum")] == [3, 4, 5]
    assert replicas(Service(name="off", replicas=0, autoscaling=Autoscaling(min=2, max=4)), "maximum") == 0


def test_surge_is_that_of_rolling_deployments() -> None:
    for changes in ({"rollout": Rollout(strategy="recreate")}, {"workload": "statefulset"}, {"workload": "daemonset"}):
        service = Service(name="api", replicas=3, **changes)
        assert len(of(service, surge=True)) == len(of(service))
    assert len(of(Service(name="api", replicas=3, rollout=Rollout(max_surge=2)), surge=True)) == 5


def test_a_daemonset_is_one_pod_that_runs_everywhere() -> None:
    (pod,) = of(Service(name="agent", workload="daemonset", replicas=7))
    assert pod.workload.everywhere


def test_optional_components_can_be_left_out() -> None:
    parts = (Service(name="api"), Service(name="extra", optional=True), Datastore(name="db", kind="x", optional=True))
    assert names(of(*parts)) == ["api-0", "extra-0", "db-0"]
    assert names(of(*parts, optional=False)) == ["api-0"]


def test_volumes_of_services() -> None:
    volumes = (
        Volume(name="own", size="1Gi", per_replica=True),
        Volume(name="shared", size="2Gi"),
        Volume(name="scratch"),
    )
    single = of(Service(name="api", volumes=volumes, rollout=Rollout(max_surge=1)), surge=True)
    assert [(pod.volumes, pod.storage_bytes >> 30) for pod in single] == [(2, 3), (1, 1)]
    several = of(Service(name="api", replicas=2, volumes=volumes))
    assert [(pod.volumes, pod.storage_bytes >> 30) for pod in several] == [(1, 1), (1, 1)]


POSTGRES = Datastore(
    name="pg",
    kind="postgres",
    storage="20Gi",
    resources=asks("1", "1Gi"),
    spread=Spread(anti_affinity="required"),
    deployment=Patroni(type="patroni", members=3, etcd=Etcd(members=3, resources=asks("100m", "128Mi"), storage="1Gi")),
    connections=Connections(pooler=Pooler(instances=2, pool_size=10, resources=asks("50m", "64Mi"))),
)


def test_patroni_with_its_helpers() -> None:
    found = of(POSTGRES)
    assert names(found) == ["pg-0", "pg-1", "pg-2", *(f"pg/etcd-{n}" for n in range(3)), "pg/pooler-0", "pg/pooler-1"]
    kinds = {pod.component: (pod.workload.spread.anti_affinity, pod.volumes, pod.storage_bytes >> 30) for pod in found}
    assert kinds == {"pg": ("required", 1, 20), "pg/etcd": ("required", 1, 1), "pg/pooler": ("preferred", 0, 0)}
    quorums = {q.what: (q.needed, q.total) for pod in found for q in pod.workload.quorums}
    assert quorums == {"pg": (1, 3), "etcd": (2, 3)}


def sentinel(**changes: object) -> Datastore:
    about = {"members": 3, "sentinels": 3, "quorum": 2, "sentinel_resources": asks("50m", "64Mi"), **changes}
    return Datastore(
        name="redis", kind="redis", resources=asks("100m", "256Mi"), deployment=Sentinel(type="sentinel", **about)  # type: ignore[arg-type]
    )  # fmt: skip


def test_sentinels_beside_the_data() -> None:
    found = of(sentinel(min_replicas_to_write=1))
    assert [(pod.cpu_request_millicores, pod.memory_request_bytes // MIB) for pod in found] == [(150, 320)] * 3
    assert {q.what: (q.needed, q.votes) for q in found[0].workload.quorums} == {
        "redis": (2, (1, 1, 1)),
        "Sentinel": (2, (1, 1, 1)),
    }


def test_more_sentinels_than_members_are_dealt_round() -> None:
    found = of(sentinel(members=2, sentinels=5, quorum=2))
    assert [pod.cpu_request_millicores for pod in found] == [100 + 3 * 50, 100 + 2 * 50]
    (quorum,) = [q for q in found[0].workload.quorums if q.what == "Sentinel"]
    assert (quorum.votes, quorum.needed) == ((3, 2), 3)


def test_sentinels_in_pods_of_their_own() -> None:
    found = of(sentinel(placement="separate", quorum=3))
    assert names(found)[3:] == ["redis/sentinel-0", "redis/sentinel-1", "redis/sentinel-2"]
    assert found[-1].workload.quorums[0].needed == 3


def needed(deployment: object) -> int:
    return of(Datastore(name="x", kind="x", deployment=deployment))[0].workload.quorums[0].needed  # type: ignore[arg-type]


def test_what_members_need() -> None:
    assert needed(Cluster(type="cluster", members=5)) == 3
    assert needed(Cluster(type="cluster", members=5, failover=False)) == 1
    assert needed(Kafka(type="kafka", brokers=3, replication_factor=3, min_insync_replicas=2)) == 2
    assert needed(Kafka(type="kafka", brokers=5, replication_factor=3, min_insync_replicas=2)) == 4
    zookeeper = Kafka(type="kafka", brokers=3, replication_factor=3, coordination="zookeeper")
    assert needed(zookeeper) == 1
    assert of(Datastore(name="x", kind="x", deployment=Managed(type="managed"))) == []


def test_percentages_round_up() -> None:
    assert [share_of(value, 3) for value in (2, "0%", "34%", "50%", "100%")] == [2, 0, 2, 2, 3]


def test_both_sides_of_a_migration_share_what_runs_alike() -> None:
    kafka = Datastore(name="kafka", kind="kafka")
    current = Topology(name="current", services=(Service(name="a"), Service(name="same")), datastores=(POSTGRES, kafka))
    renamed = Datastore.model_validate({**dict(POSTGRES), "version": "16"})
    described = Datastore(name="kafka", kind="kafka", description="the same", databases=(Database(name="x"),))
    target = Topology(
        name="target", services=(Service(name="b"), Service(name="same")), datastores=(renamed, described)
    )
    components = list(dict.fromkeys(pod.component for pod in pods_of_both(current, target)))
    own = ["a", "same", "kafka", "pg", "pg/etcd", "pg/pooler"]
    assert components == [*own, "b", "target:pg", "target:pg/etcd", "target:pg/pooler"]
    assert pods_of_both(current, current) == pods(current)


@settings(max_examples=40)
@given(topologies())
def test_requests_add_up_to_the_totals(topology: Topology) -> None:
    found = pods(topology)
    assert len({pod.name for pod in found}) == len(found)
    for store in topology.datastores:
        for component in datastore_components(store):
            mine = [pod for pod in found if pod.component == component.name]
            assert len(mine) == component.amounts.pods
            assert sum(p.cpu_request_millicores for p in mine) == component.amounts.cpu_request_millicores
            assert sum(p.memory_request_bytes for p in mine) == component.amounts.memory_request_bytes
            assert sum(p.storage_bytes for p in mine) == component.amounts.storage_bytes
