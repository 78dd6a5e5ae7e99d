"""The page about totals says what the code does."""

import json
import re

from novaplan.capacity.claims.figures import FIGURES
from novaplan.capacity.claims.judge import judge
from novaplan.capacity.claims.model import Claim, load_claims, loads_claims
from novaplan.capacity.overview import Overview, document
from novaplan.capacity.recovery import SCENARIOS
from novaplan.topology.storage import load
from tests import golden_files

PAGE = (golden_files.ROOT / "docs" / "totals.md").read_text(encoding="utf-8")

NAMED = set(re.findall(r"`([^`\n]+?)(?:\[\])?`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))


def test_every_figure_and_every_scenario_is_there() -> None:
    suffixed = {name for name in FIGURES if name.endswith(("_per_pod", "_per_container"))}
    assert set(FIGURES) - suffixed <= NAMED
    assert {"_per_pod", "_per_container"} <= NAMED
    assert set(SCENARIOS) <= NAMED
    assert set(Claim.model_fields) - {"id", "figure", "where", "note"} <= NAMED


def test_every_field_of_the_json_is_there() -> None:
    target = load("target")
    judged = judge(target, load_claims("nova-claims"))
    found = json.loads(json.dumps(document([Overview(target, judged=judged)])))

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for item in value.values() for key in keys(item)}
        return {key for item in value for key in keys(item)} if isinstance(value, list) else set()

    assert keys(found) - {"format", "user", "database"} <= NAMED


def test_the_example_of_claims_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert loads_claims(example).claims[0].id == "cart-cpu"
