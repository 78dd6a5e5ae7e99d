"""Totals count pods as the Kubernetes scheduler does."""

from functools import reduce

import pytest
from hypothesis import given

from novaplan.capacity.totals import Amounts, totals
from novaplan.topology.base import replace
from novaplan.topology.datastore import Connections, Datastore, Etcd, Managed, Patroni, Pooler, Sentinel
from novaplan.topology.service import Container, Resources, Service, Volume
from novaplan.topology.system import Topology
from tests.strategies import topologies

MI, GI = 1 << 20, 1 << 30


def ask(cpu=None, memory=None, **limits):
    return Resources.model_validate({"requests": {"cpu": cpu, "memory": memory}, "limits": limits})


def container(name, cpu, memory, kind="main"):
    return Container(name=name, kind=kind, resources=ask(cpu, memory))


def of(*items):
    services = tuple(item for item in items if isinstance(item, Service))
    stores = tuple(item for item in items if isinstance(item, Datastore))
    found = totals(Topology(services=services, datastores=stores))
    return {component.name: component for component in found.components}, found


def test_containers_run_together():
    web = Service(
        name="web",
        replicas=3,
        containers=(container("web", "250m", "256Mi"), container("proxy", "100m", "64Mi", "sidecar")),
    )
    found, _ = of(web)
    assert found["web"].amounts == Amounts(pods=3, cpu_request_millicores=1050, memory_request_bytes=960 * MI)


@pytest.mark.parametrize(
    ("init", "native", "expected"),
    [("100m", "50m", 300), ("250m", "50m", 300), ("400m", "50m", 450), ("400m", "0", 400)],
)
def test_the_larger_of_starting_and_running_counts(init, native, expected):
    """An init container runs beside the native sidecars, before everything else."""
    parts = (
        container("main", "250m", "1Mi"),
        container("migrate", init, "1Mi", "init"),
        container("setup", "10m", "1Mi", "init"),
        container("mesh", native, "1Mi", "native-sidecar"),
    )
    expected = expected if native != "0" or init != "100m" else 250
    found, _ = of(Service(name="a", containers=parts))
    assert found["a"].amounts.cpu_request_millicores == expected


def test_a_request_that_is_not_stated_is_the_limit():
    found, whole = of(Service(name="a", containers=(Container(name="a", resources=ask(cpu="2", memory=None)),)))
    limited = Container(name="a", resources=Resources.model_validate({"limits": {"cpu": "500m", "memory": "1Gi"}}))
    found, whole = of(Service(name="a", containers=(limited,)))
    assert found["a"].amounts.cpu_request_millicores == 500
    assert found["a"].amounts.memory_request_bytes == GI
    assert whole.unknown == ()


def test_what_is_not_stated_counts_nothing_and_is_named():
    known = Service(name="b", containers=(container("b", "1", "1Gi"),))
    found, whole = of(Service(name="a"), known, Datastore(name="db", kind="postgres", resources=ask("1")))
    assert whole.unknown == ("a", "db")
    assert found["a"].amounts == Amounts(pods=1)
    assert found["db"].unstated == ("memory_request_bytes", "cpu_limit_millicores", "memory_limit_bytes")


def test_nothing_runs_at_no_replicas():
    found, whole = of(Service(name="a", replicas=0))
    assert (found["a"].amounts, whole.unknown) == (Amounts(), ())


def test_storage_of_a_service():
    volumes = (Volume(name="shared", size="5Gi"), Volume(name="own", size="1Gi", per_replica=True), Volume(name="tmp"))
    found, _ = of(Service(name="a", replicas=3, volumes=volumes))
    assert found["a"].amounts.storage_bytes == 8 * GI


def redis(placement):
    deployment = Sentinel(
        type="sentinel", members=3, sentinels=3, quorum=2, placement=placement, sentinel_resources=ask("50m", "32Mi")
    )
    return Datastore(name="redis", kind="redis", resources=ask("100m", "256Mi"), storage="5Gi", deployment=deployment)


def test_sentinels_as_sidecars_take_no_pods():
    found, _ = of(redis("sidecar"))
    assert list(found) == ["redis"]
    assert found["redis"].amounts == Amounts(3, 450, 864 * MI, storage_bytes=15 * GI)


def test_sentinels_apart_are_a_component():
    found, whole = of(redis("separate"))
    assert found["redis"].amounts == Amounts(3, 300, 768 * MI, storage_bytes=15 * GI)
    assert found["redis/sentinel"].amounts == Amounts(3, 150, 96 * MI)
    assert whole.total.pods == 6


def test_helpers_of_a_database_server():
    pooler = Pooler(pool_size=20, instances=2, resources=ask("100m", "64Mi"))
    store = Datastore(
        name="db",
        kind="postgres",
        resources=ask("250m", "512Mi"),
        storage="20Gi",
        connections=Connections(pooler=pooler),
        deployment=Patroni(
            type="patroni",
            members=3,
            etcd=Etcd(members=3, resources=ask("50m", "64Mi"), storage="1Gi"),
            proxy_resources=ask("10m", "16Mi"),
        ),
    )
    found, whole = of(store)
    assert {name: component.amounts.pods for name, component in found.items()} == {
        "db": 3,
        "db/etcd": 3,
        "db/pooler": 2,
    }
    assert whole.total == Amounts(8, 1120, (1536 + 192 + 160) * MI, storage_bytes=63 * GI)
    assert [component.kind for component in whole.components] == ["datastore", "helper", "helper"]


@pytest.mark.parametrize("lease", ["etcd", "Kubernetes"])
def test_the_proxy_runs_in_every_pooler_or_else_in_every_member(lease):
    etcd = Etcd(members=1, resources=ask("50m", "64Mi")) if lease == "etcd" else None
    deployment = Patroni(type="patroni", members=3, etcd=etcd, proxy_resources=ask("10m", "16Mi"))
    alone = Datastore(name="db", kind="postgres", resources=ask("100m", "64Mi"), deployment=deployment)
    pooled = replace(alone, connections=Connections(pooler=Pooler(pool_size=20, resources=ask("5m", "8Mi"))))
    proxies = 1 if lease == "etcd" else 0
    assert of(alone)[0]["db"].amounts == Amounts(3, 300 + 30 * proxies, (192 + 48 * proxies) * MI)
    assert of(pooled)[0]["db"].amounts == Amounts(3, 300, 192 * MI)
    assert of(pooled)[0]["db/pooler"].amounts == Amounts(1, 5 + 10 * proxies, (8 + 16 * proxies) * MI)


def test_a_managed_server_takes_nothing_here():
    found, whole = of(Datastore(name="db", kind="postgres", storage="20Gi", deployment=Managed(type="managed")))
    assert (found["db"].amounts, whole.unknown) == (Amounts(), ())


def test_optional_services_count_and_are_flagged():
    _, whole = of(Service(name="a"), Service(name="b", optional=True, replicas=2))
    assert (whole.total.pods, whole.optional.pods) == (3, 2)
    assert [item["optional"] for item in whole.to_dict()["components"]] == [False, True]


@given(topologies())
def test_the_total_is_the_sum(topology):
    whole = totals(topology)
    assert whole.total == reduce(Amounts.__add__, (item.amounts for item in whole.components), Amounts())
    assert all(isinstance(value, int) and value >= 0 for value in whole.total.to_dict().values())
    assert whole.to_dict()["total"] == whole.total.to_dict()
