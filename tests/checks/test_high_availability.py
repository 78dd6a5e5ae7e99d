"""What the checks of high availability count: votes, and pods that a budget leaves."""

from hypothesis import given
from hypothesis import strategies as st

from novaplan.checks.running import check_topology
from novaplan.topology.datastore import Datastore, Etcd, Patroni, Sentinel
from novaplan.topology.service import DisruptionBudget, Service
from novaplan.topology.system import Topology

_FEW = st.integers(1, 7)


# A topology refuses a quorum of more Sentinels than there are.
@given(sentinels=_FEW.flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count))))
def test_a_failover_survives_the_loss_of_a_sentinel(sentinels: tuple[int, int]) -> None:
    count, quorum = sentinels
    store = Datastore(
        name="redis", kind="redis", deployment=Sentinel(type="sentinel", members=3, sentinels=count, quorum=quorum)
    )
    found = check_topology(Topology(name="shop", datastores=(store,)), only={"sentinel-quorum"})
    left, needed = count - 1, max(quorum, count // 2 + 1)
    assert any(item.severity == "error" for item in found) == (left < needed)


@given(members=_FEW, etcd=_FEW)
def test_a_lease_survives_the_loss_of_a_member(members: int, etcd: int) -> None:
    deployment = Patroni(type="patroni", members=members, etcd=Etcd(members=etcd))
    store = Datastore(name="db", kind="postgres", deployment=deployment)
    found = check_topology(
        Topology(name="shop", datastores=(store,)), only={"voter-count", "failover-vote", "lone-member"}
    )
    survives = members > 1 and etcd - 1 >= etcd // 2 + 1
    assert survives or found
    if survives and etcd % 2:
        assert found == ()


@given(replicas=st.integers(1, 9), least=st.one_of(st.integers(0, 9), st.integers(0, 100).map(lambda it: f"{it}%")))
def test_a_budget_allows_one_eviction_at_least(replicas: int, least: int | str) -> None:
    budget = DisruptionBudget(min_available=least)
    service = Service(name="web", replicas=replicas, disruption_budget=budget)
    found = check_topology(Topology(name="shop", services=(service,)), only={"disruption-budget"})
    # Kubernetes rounds a share up: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
    kept = -(-int(least[:-1]) * replicas // 100) if isinstance(least, str) else least
    assert bool(found) == (kept >= replicas or (kept == 0 and replicas > 1))
