"""``novaplan totals``."""

from __future__ import annotations

import json

from tests.cli.command import Run
from tests.cli.test_show import printed

MI = 2**20


def test_table(novaplan: Run) -> None:
    text = printed(novaplan("totals", "shop"))
    assert max(map(len, text.splitlines())) <= 80
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line and not line.startswith(" ")}
    assert rows["web"] == ["2", "500m", "?", "256Mi", "512Mi", "0"]
    assert rows["cart"] == ["1", "100m", "?", "64Mi", "64Mi", "0"]
    assert rows["total"][:2] == ["4", "600m+"]
    assert "db in a rolling update: cart (shop) 5 x 2 = 10; max_connections is 151" in text


def test_json(novaplan: Run) -> None:
    found = json.loads(printed(novaplan("totals", "shop", "--format", "json")))
    assert found["format"] == "novaplan/totals/v1"
    (shop,) = found["topologies"]
    assert (shop["name"], shop["count"], shop["optional_included"]) == ("shop", "current", True)
    assert [item["name"] for item in shop["components"]] == ["cart", "web", "db"]
    assert shop["total"] == {
        "pods": 4,
        "cpu_request_millicores": 600,
        "memory_request_bytes": 320 * MI,
        "cpu_limit_millicores": 0,
        "memory_limit_bytes": 576 * MI,
        "storage_bytes": 10 * 1024 * MI,
    }
    assert shop["unknown"] == ["db"]
    assert shop["range"]["maximum"]["with_optional"] == shop["total"]
    (db,) = shop["connections"]
    assert (db["server"], db["verdict"], db["available"]) == ("db", "holds", 151)


def test_side_by_side(novaplan: Run) -> None:
    text = printed(novaplan("totals", "shop", "shop"))
    assert text.startswith("Side by side, at the current pods\n")
    assert "CPU request 600m+ 600m+" in " ".join(text.split())


def test_markdown(novaplan: Run) -> None:
    text = printed(novaplan("totals", "shop", "--format", "markdown"))
    assert text.startswith("### shop at the current pods\n\n| component | pods | CPU |")


def test_standard_input_is_read_once(novaplan: Run) -> None:
    assert "standard input can be read once only" in novaplan("totals", "-", "-").err
