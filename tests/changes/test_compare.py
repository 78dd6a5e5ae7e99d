"""What became of each part: by lineage where it speaks of current, else by address."""

import subprocess
import sys

import pytest

from novaplan.changes.compare import diff
from novaplan.changes.model import ACTIONS
from novaplan.errors import InputError
from novaplan.topology.base import Place, replace
from novaplan.topology.datastore import Database, Datastore, Sentinel
from novaplan.topology.lineage import Heir, Lineage
from novaplan.topology.parts import KINDS
from novaplan.topology.service import Autoscaling, CircuitBreaker, EnvVar, Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Namespace
from tests.changes import examples


def change_of(found, address, action=None):
    (change,) = (item for item in found if item.address == address and action in (None, item.action))
    return change


def fields_of(change):
    return {field.path: (field.before, field.after) for field in change.fields}


def lineage(source, *heirs):
    return Lineage(source=source.name, digest=source.digest, parts=heirs)


def heir(part, *into, fate="moved", reason=""):
    return Heir(part=part, fate=fate, into=into, reason=reason)


def services(*names, **more):
    return Topology(name="shop", services=tuple(Service(name=name) for name in names), **more)


@pytest.fixture(scope="module")
def shop():
    return diff(examples.current(), examples.target())


class TestActions:
    def test_create_tells_everything_that_is_not_a_default(self):
        change = change_of(diff(services(), services("api")), "service:api")
        assert (change.action, change.sources, change.before) == ("create", (), ())
        assert fields_of(change) == {"name": (None, "api")}

    def test_delete_tells_what_there_was(self):
        change = change_of(diff(services("api"), services()), "service:api")
        assert (change.action, change.sources, change.after) == ("delete", ("service:api",), None)
        assert fields_of(change) == {"name": ("api", None)}

    def test_update_tells_the_fields_that_differ_and_no_others(self):
        before, after = Service(name="api", replicas=1), Service(name="api", replicas=3, team="shop")
        found = diff(Topology(services=(before,)), Topology(services=(after,)))
        assert [item.action for item in found] == ["update"]
        assert fields_of(found.changes[0]) == {"replicas": (1, 3), "team": (None, "shop")}

    def test_move_keeps_what_did_not_change(self, shop):
        change = change_of(shop, "database:main-db/chat")
        assert (change.action, change.sources) == ("move", ("database:chat-pg/chat",))
        assert fields_of(change) == {"owner": ("chat", "realtime")}

    def test_merge_names_every_source_and_what_each_had(self, shop):
        change = change_of(shop, "service:api")
        assert change.action == "merge"
        assert change.sources == ("service:orders", "service:pricing", "service:edge")
        (replicas,) = (field for field in change.fields if field.path == "replicas")
        assert replicas.by_source == (("service:orders", 3), ("service:pricing", 2), ("service:edge", 1))
        assert (replicas.before, replicas.after) == (3, 3)

    def test_the_part_that_keeps_its_address_leads_a_merge(self, shop):
        change = change_of(shop, "datastore:main-db")
        assert (change.action, change.sources) == ("merge", ("datastore:main-db", "datastore:chat-pg"))

    def test_a_call_inside_a_merged_service_is_internal(self, shop):
        change = change_of(shop, "dependency:pricing->orders/calls")
        assert (change.action, change.after) == ("internal", None)

    def test_a_call_is_internal_too_when_the_lineage_tells_only_of_its_ends(self):
        source = services("a", "b", dependencies=(Dependency(client="a", server="b"),))
        target = services("c")
        told = lineage(source, heir("service:a", "service:c"), heir("service:b", "service:c"))
        change = change_of(diff(source, replace(target, lineage=told)), "dependency:a->b/calls")
        assert (change.action, change.into) == ("internal", ("service:c",))

    def test_retired_with_its_reason(self, shop):
        change = change_of(shop, "service:old-jobs")
        assert (change.action, change.reason) == ("delete", "nothing calls it")

    def test_a_split_is_a_move_to_each_part(self):
        source, target = services("all"), services("api", "jobs")
        told = lineage(source, heir("service:all", "service:api", "service:jobs"))
        target = replace(target, lineage=told)
        found = diff(source, target)
        assert [(item.action, item.address, item.sources) for item in found] == [
            ("move", "service:api", ("service:all",)),
            ("move", "service:jobs", ("service:all",)),
        ]
        assert found.apply(source) == target

    def test_a_split_may_leave_the_source_as_it_is(self):
        source = services("all")
        target = replace(
            services("all", "jobs"), lineage=lineage(source, heir("service:all", "service:all", "service:jobs"))
        )
        found = diff(source, target)
        assert [(item.action, item.address) for item in found] == [("move", "service:jobs")]
        assert found.apply(source) == target

    def test_an_address_may_pass_to_another_part(self):
        source = services("old", "new")
        told = lineage(source, heir("service:old", fate="retired", reason="unused"), heir("service:new", "service:old"))
        target = replace(services("old"), lineage=told)
        found = diff(source, target)
        assert [(item.action, item.address) for item in found] == [("move", "service:old"), ("delete", "service:old")]
        assert found.apply(source) == target


class TestLineage:
    def test_exact(self, shop):
        assert shop.lineage == "exact"

    def test_none(self):
        assert diff(services("a"), services("b")).lineage == "none"

    def test_a_stale_lineage_is_used_as_far_as_both_ends_exist(self):
        old = services("a", "b")
        told = lineage(old, heir("service:a", "service:api"), heir("service:b", "service:gone"))
        found = diff(services("a", "b", "c"), replace(services("api", "c"), lineage=told))
        assert found.lineage == "stale"
        assert [(item.action, item.address) for item in found] == [("move", "service:api"), ("delete", "service:b")]

    def test_the_lineage_of_a_common_source_says_nothing_about_siblings(self):
        old = services("a", "b", "z")
        told = lineage(old, heir("service:a", "service:b"), heir("service:b", "service:a"))
        first, second = replace(services("a", "b"), lineage=told), replace(services("a", "b", "c"), lineage=told)
        found = diff(first, second)
        assert found.lineage == "none"
        assert [item.action for item in found] == ["create"]

    def test_the_lineage_of_another_system_says_nothing(self):
        told = lineage(replace(services("a"), name="other"), heir("service:a", "service:b"))
        assert diff(services("a"), replace(services("b"), lineage=told)).lineage == "none"

    def test_a_retired_part_that_is_there_after_all_was_kept(self):
        source = services("a", "b")
        target = replace(services("a"), lineage=lineage(source, heir("service:a", fate="retired")))
        assert [(item.action, item.address) for item in diff(source, target)] == [("delete", "service:b")]

    def test_every_service_of_current_says_where_it_went(self, shop):
        found = {name: (there.fate, there.into) for name, there in shop.fates().items()}
        assert found == {
            "orders": ("absorbed", ("api",)),
            "pricing": ("absorbed", ("api",)),
            "edge": ("absorbed", ("api",)),
            "chat": ("moved", ("realtime",)),
            "old-jobs": ("retired", ()),
        }


class TestFields:
    def test_a_block_that_holds_only_defaults_is_still_a_difference(self):
        bare = Dependency(client="a", server="b")
        broken = replace(bare, circuit_breaker=CircuitBreaker())
        found = diff(services("a", "b", dependencies=(bare,)), services("a", "b", dependencies=(broken,)))
        assert fields_of(found.changes[0]) == {"circuit_breaker": (None, CircuitBreaker())}

    def test_a_deployment_of_another_kind_tells_its_settings(self):
        redis = Datastore(name="redis", kind="redis")
        guarded = replace(redis, deployment=Sentinel(type="sentinel", members=3, sentinels=3, quorum=2))
        found = fields_of(diff(Topology(datastores=(redis,)), Topology(datastores=(guarded,))).changes[0])
        assert found["deployment.type"] == ("standalone", "sentinel")
        assert found["deployment.quorum"] == (None, 2)
        assert found["deployment.down_after"] == (None, 30_000)

    def test_units_come_from_the_model(self):
        redis = Datastore(name="redis", kind="redis", storage="1Gi")
        grown = replace(redis, storage=2 << 30, deployment=Sentinel(type="sentinel", members=3, sentinels=3, quorum=2))
        change = diff(Topology(datastores=(redis,)), Topology(datastores=(grown,))).changes[0]
        written = {field["path"]: field["after"] for field in change.to_dict()["fields"]}
        assert written["storage_bytes"] == 2 << 30
        assert written["deployment.failover_timeout_milliseconds"] == 180_000

    def test_optional_blocks_come_and_go_field_by_field(self):
        plain, scaled = Service(name="a"), Service(name="a", autoscaling=Autoscaling(min=1, max=4))
        there = diff(Topology(services=(plain,)), Topology(services=(scaled,)))
        assert fields_of(there.changes[0]) == {"autoscaling.min": (None, 1), "autoscaling.max": (None, 4)}


class TestProvenance:
    before = Service(name="a", declared=(Place(file="old.yaml"),))
    after = Service(name="a", declared=(Place(file="new.yaml", line=3),))

    def test_is_no_change(self):
        assert not diff(Topology(services=(self.before,)), Topology(services=(self.after,)))

    def test_is_carried_by_apply(self):
        source, target = Topology(services=(self.before,)), Topology(services=(self.after,))
        assert diff(source, target).apply(source) == target


def test_changes_stand_in_one_order(shop):
    order = [(("system", *KINDS).index(item.kind), ACTIONS.index(item.action), item.address) for item in shop]
    assert order == sorted(order)


def test_apply_gives_target(shop):
    assert shop.apply(examples.current()) == examples.target()


def test_apply_refuses_another_topology(shop):
    with pytest.raises(InputError, match=r"these changes were taken from shop .* not from shop-consolidated"):
        shop.apply(examples.target())


def test_nothing_differs_from_itself():
    same = diff(examples.target(), examples.target())
    assert not same
    assert len(same) == 0
    assert list(same) == []


def test_the_system_itself_may_change():
    found = diff(services("a"), replace(services("a"), description="new"))
    assert [(item.kind, item.address) for item in found] == [("system", "system:")]


def test_names_with_a_slash_are_told_apart():
    before = Datastore(name="db", kind="postgres", databases=(Database(name="a/b"),))
    found = diff(Topology(datastores=(before,)), Topology(datastores=(replace(before, databases=()),)))
    assert found.changes[0].address == "database:db/a%2Fb"
    assert "a/b" in found.text()


def test_variables_belong_to_their_container(shop):
    change = change_of(shop, "env:api/main/LOG")
    assert change.sources == ("env:orders/main/LOG", "env:pricing/main/LOG")
    assert isinstance(change.after, EnvVar)


def test_parts_of_one_kind():
    found = diff(services(), services("a", namespaces=(Namespace(name="n"),)))
    assert [item.address for item in found.of_kind("namespace")] == ["namespace:n"]


def test_importing_it_loads_no_heavy_library():
    code = "import sys, novaplan.changes.compare; print(sorted({'networkx', 'pandas', 'tabulate'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
