"""``novaplan totals``."""

from __future__ import annotations

import json
import re
from pathlib import Path

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


CLAIMS = """\
name: leaflet
claims:
  - {id: web-cpu, subject: web, figure: cpu, value: 250m, where: the leaflet}
  - {id: web-pods, subject: web, figure: pods, value: 2, where: the leaflet}
"""


def test_claims(novaplan: Run, folder: Path) -> None:
    (folder / "models" / "leaflet.yaml").write_text(CLAIMS)
    text = printed(novaplan("totals", "shop", "--claims", "leaflet"))
    assert max(map(len, text.splitlines())) <= 80
    assert "shop: claims, the leaflet" in text
    assert "web-cpu   CPU       250m      500m        does not hold" in text
    assert "web-pods  pods      2         2           holds" in text
    folded = " ".join(text.split())
    assert "250m is the CPU request of one web container, not the sum of CPU requests web 2 x 250m = 500m" in folded
    assert text.endswith("shop: of 2 claims 1 holds, 1 does not hold\n")

    found = json.loads(printed(novaplan("totals", "shop", "--claims", "-", "--format", "json", stdin=CLAIMS)))
    assert [item["verdict"] for item in found["topologies"][0]["claims"]] == ["does not hold", "holds"]
    assert "claims" not in json.loads(printed(novaplan("totals", "shop", "--format", "json")))["topologies"][0]


def test_claims_in_a_pull_request(novaplan: Run) -> None:
    text = printed(novaplan("totals", "shop", "--claims", "-", "--format", "markdown", stdin=CLAIMS))
    assert "| web-cpu | CPU | 250m | 500m | does not hold |" in text
    assert "\n- web-cpu: CPU requests: web 2 x 250m = 500m; CPU limits: " in text


def test_claims_that_fit_nothing(novaplan: Run) -> None:
    (problem,) = novaplan(
        "totals", "shop", "--claims", "-", stdin=CLAIMS.replace("subject: web, figure: p", "subject: wbe, figure: p")
    ).problems
    assert problem == "<stdin>:4: claims[1].subject: web-pods: there is no 'wbe' in shop (did you mean 'web'?)"
    (problem,) = novaplan(
        "totals", "shop", "--claims", "-", stdin=CLAIMS.replace("figure: cpu", "figure: cpy")
    ).problems
    assert problem == "<stdin>:3: claims[0].figure: web-cpu: there is no figure 'cpy' (did you mean 'cpu'?)"
    (problem,) = novaplan("totals", "shop", "--claims", "nova-clams").problems
    assert "(did you mean 'nova-claims'?)" in problem
    assert "say nothing about 'shop'" in novaplan("totals", "shop", "--claims", "nova-claims").problems[0]


def test_the_real_system(novaplan: Run, tmp_path: Path) -> None:
    text = printed(novaplan("totals", "current", "target", "--claims", "nova-claims", "--count", "all", cwd=tmp_path))
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"target: of 69 claims \d+ hold, \d+ do not hold, \d+ cannot be known", text)


def test_counts_and_optional_components(novaplan: Run) -> None:
    def total(*words: str) -> dict[str, int]:
        found = json.loads(printed(novaplan("totals", "target", "--format", "json", *words)))
        return found["topologies"][0]["total"]

    assert total()["pods"] == total("--count", "all")["pods"] == 26
    assert total("--count", "maximum")["pods"] == 39
    assert total("--count", "maximum", "--without-optional")["pods"] == 37
    assert total()["cpu_request_millicores"] == 4300
