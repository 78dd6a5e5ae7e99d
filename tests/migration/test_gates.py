"""What gates ask for."""

from __future__ import annotations

import subprocess

import pytest

from novaplan import load, plan
from novaplan.migration.gates import met, well_formed
from novaplan.migration.step import Gate
from novaplan.migration.steps.hand_over_consumption import LAG, UNOWNED

DESCRIBED = """
GROUP     TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  CONSUMER-ID  HOST       CLIENT-ID
shop      orders 0          40              42              2    shop-1       /10.0.0.1  shop
shop      orders 1          7               10              3    -            -          -
"""


@pytest.mark.parametrize(
    ("tool", "query", "threshold", "fine"),
    [
        ("promql", "up", ">= 0.99", True),
        ("promql", "up", "== 0 or absent", True),
        ("kubectl", "kubectl version", "exit status 0", True),
        ("sql", "SELECT 1", "> -1.5", True),
        ("person", "Is it so?", "yes", True),
        ("person", "what is left", "== 0", False),
        ("person", "Is it so?", "no", False),
        ("promql", "up", "as before", False),
        ("promql", "up", "<= twice the usual rate", False),
        ("redis-cli", "redis-cli info", "connected_slaves:2", False),
        ("redis-cli", "redis-cli info", "yes", False),
    ],
)
def test_a_gate_is_a_comparison_a_success_or_a_question(tool: str, query: str, threshold: str, fine: bool) -> None:
    assert well_formed(tool, query, threshold) is fine


@pytest.mark.parametrize(
    ("threshold", "found", "holds"),
    [
        ("== 0", "0\n", True),
        ("== 0", "0.0", True),
        ("== 0", "", False),
        ("== 0 or absent", "", True),
        ("== 0 or absent", "1", False),
        (">= 3", "3", True),
        (">= 3", "2", False),
        ("< -1", "-2", True),
        ("<= 0.001", "0.0011", False),
        ("> 9", "10", True),
    ],
)
def test_a_number_meets_a_threshold(threshold: str, found: str, holds: bool) -> None:
    assert met(threshold, found) is holds


@pytest.mark.parametrize(("threshold", "found"), [("exit status 0", "0"), ("== 0", "ERR no such DB"), ("== 0", "1 2")])
def test_what_is_no_number_is_not_judged(threshold: str, found: str) -> None:
    with pytest.raises(ValueError, match=r"compares nothing|is no number"):
        met(threshold, found)


@pytest.mark.parametrize(("current", "target"), [("current", "target"), ("shop", "shop-target")])
def test_every_gate_of_the_plans_is_one_of_these(current: str, target: str) -> None:
    found: list[Gate] = [gate for step in plan(load(current), load(target)).steps for gate in step.gates]
    assert found
    assert [gate for gate in found if not well_formed(gate.tool, gate.query, gate.threshold)] == []


@pytest.mark.parametrize(("program", "printed"), [(UNOWNED, "1"), (LAG, "5")])
def test_what_kafka_prints_is_counted(program: str, printed: str) -> None:
    command = ["awk", "-v", "group=shop", f"$1 == group && {program}"]
    done = subprocess.run(command, input=DESCRIBED, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == printed
