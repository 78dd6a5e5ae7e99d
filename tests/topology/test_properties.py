"""What holds for every topology: it survives its file, its parts make it up, and the order of a file says nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.documents import reader, writer
from novaplan.topology.base import Model, Place, replace
from novaplan.topology.graph import graph, node_link
from novaplan.topology.lineage import Lineage
from novaplan.topology.parts import SYSTEM, join, kind_of, parent_of, split
from novaplan.topology.schema import json_schema
from novaplan.topology.storage import dumps, loads
from novaplan.topology.system import PROVENANCE, Topology
from novaplan.topology.tables import overview
from tests.strategies import topologies

EXAMPLES = 40
ORDERED = {"command", *PROVENANCE}  # lists whose order says something


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_a_topology_survives_its_file(topology: Topology) -> None:
    text = dumps(topology)
    again = loads(text)

    assert again == topology
    assert again.digest == topology.digest
    assert dumps(again) == text


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_what_is_saved_fits_the_json_schema(validator: jsonschema.Draft202012Validator, topology: Topology) -> None:
    validator.validate(json.loads(json.dumps(topology.to_dict())))


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_the_parts_of_a_topology_make_it_up(topology: Topology) -> None:
    parts = split(topology)

    assert join(parts) == replace(topology, lineage=None)
    # The order of the parts says nothing, and the parts of one half have their parents in it or nowhere.
    assert join(dict(reversed(parts.items()))) == replace(topology, lineage=None)
    assert all(parent_of(address) in parts for address in parts if address != SYSTEM)


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_every_part_is_split_off_once(topology: Topology) -> None:
    kinds = [kind_of(address) for address in split(topology)]

    assert kinds.count("service") == len(topology.services)
    assert kinds.count("env") == sum(
        len(container.env) for service in topology.services for container in service.containers
    )
    assert kinds.count("schema") == sum(
        len(database.schemas) for store in topology.datastores for database in store.databases
    )
    assert kinds.count("secret-key") == sum(len(secret.keys) for secret in topology.secrets)
    assert kinds.count("dependency") == len(topology.dependencies)
    assert kinds.count("route") == len(topology.routes)


def shuffled(value: Any, rng: random.Random, field: str = "") -> Any:
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: shuffled(item, rng, key) for key, item in items}
    if isinstance(value, list):
        items = [shuffled(item, rng) for item in value]
        if field not in ORDERED:
            rng.shuffle(items)
        return items
    return value


@settings(max_examples=EXAMPLES)
@given(topologies(), st.randoms(use_true_random=False))
def test_the_order_of_a_file_says_nothing(topology: Topology, rng: random.Random) -> None:
    again = loads(writer.dump(shuffled(topology.to_dict(), rng)))

    assert again == topology
    assert dumps(again) == dumps(topology)
    assert again.digest == topology.digest


def relocated(value: Any) -> Any:
    """``value`` as if all of it had been declared elsewhere."""
    if isinstance(value, Model):
        elsewhere = (Place(file="elsewhere.yaml", line=7),)
        changes = {name: relocated(getattr(value, name)) for name in type(value).model_fields}
        return replace(value, **{name: elsewhere if name in PROVENANCE else item for name, item in changes.items()})
    return tuple(map(relocated, value)) if isinstance(value, tuple) else value


def test_relocated_changes_provenance_alone() -> None:
    topology = Topology(services=({"name": "api"},))

    assert relocated(topology) == Topology(
        services=({"name": "api", "declared": ({"file": "elsewhere.yaml", "line": 7},)},)
    )


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_the_digest_says_what_a_system_is_and_not_where_it_was_written(topology: Topology) -> None:
    elsewhere = relocated(topology)
    lineage = Lineage(source="before", digest="sha256:0")

    assert elsewhere.digest == topology.digest
    assert loads(dumps(replace(topology, lineage=lineage))).digest == topology.digest
    # Copies do not share what was worked out for the value they were made from.
    assert loads(dumps(replace(topology, name=topology.name[:200] + "-renamed"))).digest != topology.digest


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_the_graph_survives_networkx_json(topology: Topology) -> None:
    data = json.loads(json.dumps(node_link(topology, possible=True)))
    again = networkx.node_link_graph(data, edges="edges")

    assert networkx.utils.graphs_equal(again, graph(topology))
    assert {node["id"] for node in data["nodes"]} == {*topology.service, *topology.datastore, *topology.external}
    assert sorted((edge["source"], edge["target"], edge["mode"]) for edge in data["edges"]) == sorted(
        (edge.client, edge.server, edge.mode) for edge in topology.dependencies
    )


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_the_overview_shows_whatever_a_topology_holds(topology: Topology) -> None:
    tables = {table.title: table for table in overview(topology)}
    collections = {
        "Services": topology.services,
        "Datastores": topology.datastores,
        "Externals": topology.externals,
        "Dependencies": topology.dependencies,
        "Routes": topology.routes,
        "Secrets": topology.secrets,
        "Not modelled": topology.unmodelled,
    }

    assert {title: len(table.rows) for title, table in tables.items()} == {
        title: len(items) for title, items in collections.items() if items
    }
    shown = topology._repr_html_()
    assert "<script" not in shown
    assert shown.count("<table>") == len(tables)


@settings(max_examples=EXAMPLES)
@given(topologies())
def test_json_is_read_as_well_as_yaml(topology: Topology) -> None:
    text = json.dumps(topology.to_dict())

    assert loads(text, file="topology.json") == topology
    assert reader.parse(text, file="topology.json")[0].value == topology.to_dict()
