"""A patch puts back what one topology says and another does not, as far as it fits what became of that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.errors import InputError
from novaplan.topology import records
from novaplan.topology.parts import KINDS, split
from novaplan.topology.patch import Patch, between, joined
from novaplan.topology.patching import apply
from novaplan.topology.storage import load, loads
from novaplan.topology.system import Topology
from tests.strategies import topologies

EXAMPLES = 40
SAMPLES = ("current", "target", "shop", "shop-target")

BEFORE = """
services:
  - {name: web, replicas: 2, containers: [{name: web, image: web:1}], ports: [{name: http, port: 80}]}
  - {name: api, containers: [{name: api, image: api:1}]}
datastores: [{name: cache, kind: redis, logical_dbs: [{index: 0}]}]
"""
AFTER = """
services:
  - name: web
    description: pages
    replicas: 2
    startup: {tier: 2, wait_for: [api, cache]}
    containers: [{name: web, image: web:1, command: [serve]}]
    ports: [{name: http, port: 80, protocol: https}]
  - {name: api, containers: [{name: api, image: api}]}
datastores: [{name: cache, kind: redis, logical_dbs: [{index: 0, owners: [api, web]}]}]
externals: [{name: mail}]
dependencies: [{client: api, server: mail}, {client: web, server: api}, {client: web, server: cache, mode: writes}]
routes: [{path: /, backends: [{service: web, port: http}]}]
"""


def patched(edited: str) -> tuple[Topology, list[str]]:
    """What becomes of an edited BEFORE under the patch from BEFORE to AFTER, which went through its text."""
    patch = records.read(records.write(between(loads(BEFORE), loads(AFTER)))).patch
    topology, told = apply(loads(edited), patch)
    return topology, list(told)


@settings(max_examples=EXAMPLES)
@given(topologies(), topologies())
def test_a_patch_makes_the_one_of_the_other(before: Topology, after: Topology) -> None:
    patch = between(before, after)
    text = records.write(patch, [before.name])
    record = records.read(text)
    made, told = apply(before, record.patch)

    assert made.digest == after.digest
    assert made.lineage == before.lineage
    assert record.settled == {before.name}
    assert told == ()
    assert bool(patch) == (before.digest != after.digest)
    assert text.isascii()
    assert "$" not in text
    assert "{{" not in text
    assert apply(after, between(after, after)) == (after, ())


@pytest.mark.parametrize("before", SAMPLES)
@pytest.mark.parametrize("after", SAMPLES)
def test_every_sample_becomes_every_other(before: str, after: str) -> None:
    made, told = apply(load(before), between(load(before), load(after)))

    assert made.digest == load(after).digest
    assert told == ()


@settings(max_examples=EXAMPLES)
@given(topologies(), topologies(), topologies())
def test_a_stale_patch_still_gives_a_topology(before: Topology, after: Topology, other: Topology) -> None:
    made, told = apply(other, between(before, after))

    assert Topology.model_validate(made.to_dict()) == made
    assert all(line == " ".join(line.split()) for line in told)


@settings(max_examples=EXAMPLES)
@given(topologies(), topologies(), st.data())
def test_pieces_of_a_patch_make_the_whole(before: Topology, after: Topology, data: st.DataObject) -> None:
    patch = between(before, after)
    names = patch.addresses()
    chosen = set(data.draw(st.lists(st.sampled_from(names), unique=True))) if names else set()
    pieces = joined([patch.only(chosen), patch.only(set(names) - chosen)])

    assert pieces == patch


def test_what_was_edited_meanwhile_holds() -> None:
    topology, told = patched(BEFORE.replace("replicas: 2", "replicas: 7").replace("api:1", "api:2"))

    assert topology.service["web"].replicas == 7
    assert topology.service["web"].description == "pages"
    assert topology.service["api"].containers[0].image == "api:2"
    assert told == ["container:api/api: image was changed since; the change holds, not what was recorded"]


def test_what_was_edited_to_what_was_recorded_needs_no_word() -> None:
    topology, told = patched(BEFORE.replace("image: api:1", "image: api"))

    assert topology.digest == loads(AFTER).digest
    assert told == []


def test_what_was_recorded_of_a_part_that_is_gone_is_dropped() -> None:
    topology, told = patched(BEFORE.replace("  - {name: api, containers: [{name: api, image: api:1}]}\n", ""))

    assert set(topology.service) == {"web"}
    assert [edge.server for edge in topology.dependencies] == ["cache"]
    assert topology.service["web"].startup.tier == 2
    assert topology.service["web"].startup.wait_for == ("cache",)
    assert topology.datastore["cache"].logical_dbs[0].owners == ("web",)
    assert told == [
        "service:web: there is no service or datastore 'api'; what was recorded of it was left out",
        "logical-db:cache/0: there is no service 'api'; what was recorded of it was left out",
        "dependency:api->mail/calls: there is no service, datastore or external 'api'; what was recorded of it was "
        "left out",
        "dependency:web->api/calls: there is no service, datastore or external 'api'; what was recorded of it was left "
        "out",
        "service:api is not here any more; what was recorded of it was left out",
    ]


def test_what_was_added_meanwhile_stays() -> None:
    added = BEFORE + "dependencies: [{client: web, server: cache, mode: writes, timeout: 3s}]\n"
    topology, told = patched(added.replace("  - {name: api,", "  - {name: new, namespace: null}\n  - {name: api,"))

    assert set(topology.service) == {"api", "new", "web"}
    assert next(edge.timeout for edge in topology.dependencies if edge.server == "cache") == 3000
    assert told == []


def test_what_was_to_be_removed_stays_where_it_is_needed() -> None:
    before = loads("namespaces: [{name: x}]\nservices: [{name: a, namespace: x}]")
    edited = loads("namespaces: [{name: x}]\nservices: [{name: a, namespace: x}, {name: b, namespace: x}]")
    topology, told = apply(edited, between(before, loads("services: [{name: a}]")))

    assert [(service.name, service.namespace) for service in topology.services] == [("a", None), ("b", "x")]
    assert told == ("namespace:x stays, since what was read needs it",)


def test_a_block_that_fits_no_longer_is_left_as_it_is() -> None:
    def store(deployment: str) -> Topology:
        return loads(f"datastores: [{{name: db, kind: postgres, deployment: {deployment}, description: d}}]")

    patch = between(
        store("{type: cluster, members: 3}"),
        store("{type: patroni, members: 3, ttl: 20s, etcd: {members: 3}}"),
    )
    more, quiet = apply(store("{type: cluster, members: 5}"), patch)
    single, told = apply(store("{type: standalone}"), patch)

    assert (
        more.datastores[0].deployment
        == store("{type: patroni, members: 5, ttl: 20s, etcd: {members: 3}}").datastores[0].deployment
    )
    assert quiet == ()
    assert single == store("{type: standalone}")
    assert any("deployment" in line for line in told)


def test_a_route_that_was_read_under_another_address_goes_with_what_was_read() -> None:
    def routed(*routes: str) -> Topology:
        listed = ", ".join(f"{{{route}, backends: [{{service: a, port: http}}]}}" for route in routes)
        return loads(f"services: [{{name: a}}]\nroutes: [{listed}]")

    patch = between(
        routed("host: x.org, path: /", "host: x.org, path: '/b(.*)', match: regex"), routed("path: /", "path: /b")
    )
    same, quiet = apply(routed("host: x.org, path: /", "host: x.org, path: '/b(.*)', match: regex, tls: true"), patch)
    edited, told = apply(routed("host: y.org, path: /", "host: x.org, path: '/b(.*)', match: regex"), patch)
    taken, clash = apply(routed("host: x.org, path: /", "path: /"), patch)

    assert not patch.added
    assert not patch.removed
    assert same == routed("path: /", "path: /b, tls: true")
    assert quiet == ()
    assert edited == routed("host: y.org, path: /", "path: /b")
    assert told == ("route:x.org/ is not here any more; what was recorded of it was left out",)
    assert taken == routed("host: x.org, path: /", "path: /")
    assert "route:x.org/ cannot become route:*/; what was recorded of it was left out" in clash


def test_an_edge_that_was_read_in_less_detail_goes_with_what_was_read() -> None:
    def wired(edge: str) -> Topology:
        store = "datastores: [{name: b, kind: redis, logical_dbs: [{index: 0}]}]"
        return loads(f"services: [{{name: a}}]\n{store}\ndependencies: [{edge}]")

    detailed = "{client: a, server: b, mode: writes, logical_db: 0, pool: {max: 5}}"
    patch = between(wired("{client: a, server: b, port: 6379}"), wired(detailed))

    assert apply(wired("{client: a, server: b, port: 6379, timeout: 1s}"), patch)[0].dependencies[0].pool is not None
    assert apply(wired(""), patch)[0].dependencies == ()


RECORD = '{"changed":{"service:a":{"replicas":[1,2]}}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "not a JSON object"),
        (7, "not a JSON object"),
        ("", "Expecting value"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"changed":' + '{"a":' * 50 + "1" + "}" * 51, "nested too deeply"),
        ('{"added":{},"added":{}}', "given twice"),
        ('{"x":1}', "'x' is nothing that it holds"),
        ('{"added":[]}', "should be objects"),
        ('{"removed":{}}', "should be lists"),
        ('{"settled":[1]}', "should be lists"),
        ('{"removed":[1]}', "1 is no address"),
        ('{"removed":["system:"]}', "can only be changed"),
        ('{"added":{"system:":{"name":"x"}}}', "can only be changed"),
        ('{"removed":["planet:x"]}', "'planet:x' is no address"),
        ('{"removed":["service:"]}', "no address"),
        ('{"added":{"service:a":{"name":"b"}}}', "not the address"),
        ('{"added":{"service:a":{"name":"a","replicas":-1}}}', "replicas"),
        ('{"added":{"service:a":{"name":"a","replicaz":1}}}', "replicaz"),
        ('{"added":{"container:a":{"name":"a"}}}', "no address"),
        ('{"changed":{"service:a":[]}}', "an object of fields"),
        ('{"changed":{"service:a":{"replicaz":[1,2]}}}', "did you mean 'replicas'?"),
        ('{"changed":{"service:a":{"containers":[[],[{"name":"x"}]]}}}', "'containers' is not a known field"),
        ('{"changed":{"service:a":{"declared":[[],[]]}}}', "'declared' is not a known field"),
        ('{"changed":{"system:":{"lineage":[null,{}]}}}', "'lineage' is not a known field"),
        ('{"changed":{"service:a":{"replicas":2}}}', "service:a.replicas: should be a list"),
        ('{"changed":{"service:a":{"startup":{"tier":[1]}}}}', "service:a.startup.tier: should be a list"),
    ],
)
def test_what_is_no_record_is_told_in_one_line(text: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        records.read(text, file="x.yaml", line=3, field="Deployment a")

    assert str(caught.value).startswith("x.yaml:3: Deployment a: is no record that novaplan wrote: ")
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def _json() -> st.SearchStrategy[Any]:
    words = st.sampled_from(["name", "replicas", "api", "web", "startup", "tier", "wait_for", "service:web", "x"])
    leaves = st.none() | st.booleans() | st.integers(-3, 3) | words
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
    )


@st.composite
def _odd_records(draw: st.DrawFn) -> dict[str, Any]:
    known = sorted(split(loads(AFTER)))
    odd = st.tuples(st.sampled_from(KINDS), st.sampled_from(["web", "api/x", "a/b/c", "->", "//"])).map(":".join)
    addresses = st.sampled_from(known) | odd
    pairs = st.lists(_json(), min_size=2, max_size=2)
    fields = st.sampled_from(
        ["replicas", "startup", "owners", "client", "server", "name", "path", "image", "deployment"]
    )
    return {
        "changed": draw(st.dictionaries(addresses, st.dictionaries(fields, pairs, max_size=3), max_size=5)),
        "removed": draw(st.lists(addresses, max_size=3)),
    }


@settings(max_examples=200)
@given(_odd_records() | _json())
def test_odd_records_neither_crash_nor_make_nonsense(value: Any) -> None:
    try:
        patch = records.read(json.dumps(value)).patch
    except InputError:
        return
    made, _ = apply(loads(AFTER), patch)

    assert Topology.model_validate(made.to_dict()).digest == made.digest


def test_an_empty_patch_changes_nothing() -> None:
    topology = load("shop")

    assert apply(topology, Patch()) == (topology, ())
    assert records.write(Patch()) == "{}"
    assert records.read(RECORD).patch.changed == {"service:a": {"replicas": [1, 2]}}
