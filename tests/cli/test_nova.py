"""The main job, on the real system and with nothing but names."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import Run

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def test_nine_services_become_three(novaplan: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    made = novaplan("consolidate", "current", "--policy", "nova-consolidation", cwd=empty)
    assert (made.err, made.status) == ("", 0)
    assert made.out == (TOPOLOGIES / "target.yaml").read_text()

    table = novaplan("diff", "current", "target", cwd=empty)
    assert (table.err, table.status) == ("", 0)
    assert table.out.startswith("9 services become 3")
    assert max(map(len, table.out.splitlines())) <= 80

    shown = novaplan("show", "current", cwd=empty)
    assert (shown.err, shown.status) == ("", 0)
    assert max(map(len, shown.out.splitlines())) <= 80

    found = json.loads(novaplan("diff", "current", "-", "--format", "json", cwd=empty, stdin=made.out).out)
    assert found["summary"]["services"] == {"current": 9, "target": 3}
    assert len(found["lineage"]["services"]) == 9
    assert list(empty.iterdir()) == []
