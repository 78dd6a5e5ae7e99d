"""SARIF as code scanning reads it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import jsonschema
import pytest

from novaplan.checks.running import ordered, run
from novaplan.checks.sarif import sarif
from novaplan.checks.waivers import Waivers, waive
from novaplan.findings import Finding
from tests import npm_packages
from tests.checks.examples import FOLDER, described

SCHEMA = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
HOSTILE = Finding("internal", "error", "a\u202eb <script>", 'say "this"; --', "", "/tmp/a b%2F#?.yaml", 3)
TODAY = datetime.date(2030, 1, 1)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Findings of many examples, one of them accepted, one with signs of every kind."""
    examples = [described(path)[0] for path in sorted(FOLDER.glob("*/fails.yaml"))[:60]]
    found = ordered([*(finding for one in examples for finding in run(one)), HOSTILE])
    accepted = {"check": found[1].check, "reason": "made later", "expires": "2031-01-01"}
    return sarif(waive(found, Waivers.model_validate({"waivers": [accepted]}), TODAY), "1.2.3")


def test_is_what_the_schema_asks(document: dict[str, Any]) -> None:
    schema = json.loads((npm_packages.folder() / SCHEMA).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(document)] == []


def test_every_result_has_its_rule_and_a_fingerprint_of_its_own(document: dict[str, Any]) -> None:
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        item["ruleId"] for item in run["results"]
    ]
    prints = [result["partialFingerprints"]["finding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    assert any("suppressions" in result for result in run["results"])


def test_paths_are_addresses(document: dict[str, Any]) -> None:
    (hostile,) = [item for item in document["runs"][0]["results"] if item["ruleId"] == "internal"]
    place = hostile["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "file:///tmp/a%20b%252F%23%3F.yaml"
    assert place["region"] == {"startLine": 3}
