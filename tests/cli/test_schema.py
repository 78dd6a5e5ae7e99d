"""``novaplan schema``."""

from __future__ import annotations

import json

import jsonschema
import yaml

from tests.cli.command import POLICY, SHOP, Run


def test_the_schema_accepts_a_topology_and_refuses_another_field(novaplan: Run) -> None:
    result = novaplan("schema")
    assert (result.err, result.status) == ("", 0)
    validator = jsonschema.Draft202012Validator(json.loads(result.out))
    system = yaml.safe_load(SHOP)
    assert validator.is_valid(system)
    system["services"][0]["replica"] = 3
    assert not validator.is_valid(system)


def test_the_schema_of_a_policy(novaplan: Run) -> None:
    found = json.loads(novaplan("schema", "policy").out)
    assert jsonschema.Draft202012Validator(found).is_valid(yaml.safe_load(POLICY))
    assert not jsonschema.Draft202012Validator(found).is_valid(yaml.safe_load(SHOP))


def test_yaml_and_json_say_the_same(novaplan: Run) -> None:
    assert yaml.safe_load(novaplan("schema", "--format", "yaml").out) == json.loads(novaplan("schema").out)
