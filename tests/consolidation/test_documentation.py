"""docs/policy.md says what the code does: its tables are written from the code and the tests, and its example works."""

from __future__ import annotations

import re

from novaplan.consolidation import Policy, consolidate, loads_policy
from novaplan.consolidation.rules import Rules
from novaplan.topology.lineage import Heir
from novaplan.topology.schema import json_schema
from novaplan.topology.storage import loads
from tests import golden_files
from tests.consolidation.test_conflicts import CASES
from tests.consolidation.test_datastores import RETIRED

PAGE = "docs/policy.md"
Row = tuple[str, ...]


def page(name: str = PAGE) -> str:
    return (golden_files.ROOT / name).read_text(encoding="utf-8")


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def table(*rows: Row) -> str:
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def check_block(name: str, content: str) -> None:
    """The block between the comments ``name`` and ``end of name`` holds ``content``."""
    whole = page()
    found = re.search(rf"(<!-- {name}: [^>]*-->\n)(.*)(<!-- end of {name} -->)", whole, re.DOTALL)
    assert found is not None
    golden_files.check(PAGE, whole[: found.end(1)] + "\n" + content + "\n\n" + whole[found.start(3) :])


def test_the_table_of_rules_is_that_of_the_code() -> None:
    fields = json_schema(Policy)["$defs"]["Rules"]["properties"]
    rows = [
        (
            f"`{name}`",
            ", ".join(f"`{v}`" for v in body.get("enum", [body.get("const")])),
            f"`{body['default']}`",
            body["description"],
        )
        for name, body in fields.items()
    ]

    assert list(fields) == list(Rules.model_fields)
    check_block("rules", table(("setting", "rules", "default", "meaning, and why that default"), *rows))


def test_the_table_of_conflicts_is_that_of_the_tests() -> None:
    rows = [("what", "example", "what settles it")]
    for name, make in CASES.items():
        rows += [(name.replace("_", " "), message, f"`{line}`") for _, message, line in make()[2][:1]]
    rows += [
        (f"retired, but in use: {name}", message, f"`{line}`") for name, (_, _, (_, message, line)) in RETIRED.items()
    ]

    check_block("conflicts", table(*rows))


def test_every_fate_is_explained() -> None:
    fates = Heir.model_fields["fate"].annotation.__args__  # type: ignore[union-attr]
    explained = re.findall(r"^\| `(\w+)` \|", page().partition("## Lineage")[2], re.MULTILINE)

    assert sorted(explained) == sorted(fates)


def test_the_example_consolidates_the_example_of_a_topology() -> None:
    (policy,) = [text for text in examples(PAGE) if text.startswith("format: novaplan/policy")]
    (topology,) = [text for text in examples("docs/topology.md") if text.startswith("format: novaplan/topology")]

    target = consolidate(loads(topology), loads_policy(policy, file=PAGE))

    assert list(target.service) == ["bookshop"]
    assert [(edge.server, edge.mode, edge.pool.max if edge.pool else None) for edge in target.dependencies] == [
        ("mail-relay", "calls", None),
        ("mysql", "writes", 12),
    ]


def examples(name: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", page(name), re.DOTALL)
