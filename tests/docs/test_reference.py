"""The reference pages are generated from the code, so that they cannot say anything else."""

import re
from typing import Any

import pytest

from novaplan.consolidation import Policy, loads_policy
from novaplan.migration.invariants import all_invariants
from novaplan.migration.steps import all_kinds
from novaplan.topology.base import Model
from novaplan.topology.schema import json_schema
from novaplan.topology.storage import loads
from novaplan.topology.system import Topology
from tests import golden_files

DOCS = golden_files.ROOT / "docs"


@pytest.mark.parametrize(("name", "model"), [("topology", Topology), ("policy", Policy)])
def test_reference_of_files_is_what_the_schema_says(name: str, model: type[Model]) -> None:
    golden_files.check(f"docs/reference/{name}.md", _page(name, json_schema(model)))


@pytest.mark.parametrize(("page", "read"), [("topology.md", loads), ("policy.md", loads_policy)])
def test_complete_example_in_the_docs_is_valid(page: str, read: Any) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    complete = [text for text in examples if text.startswith("format:")]
    assert complete
    for text in complete:
        read(text, file=page)


def test_links_in_the_docs_lead_somewhere() -> None:
    pages = [golden_files.ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    pattern = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
    links = [(page, link) for page in pages for link in pattern.findall(page.read_text(encoding="utf-8"))]
    assert links
    broken = [f"{page.name}: {link}" for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert not broken


def test_onboarding_names_only_what_exists() -> None:
    text = (DOCS / "onboarding.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:novaplan|tests|scripts|docs|models|topologies)/[\w./-]+)`", text)
    assert paths
    assert not [path for path in paths if "NAME" not in path and not (golden_files.ROOT / path).exists()]


def test_reference_of_migration_lists_every_kind_and_every_invariant() -> None:
    golden_files.check("docs/reference/migration.md", _migration())


def _migration() -> str:
    lines = [
        "# Kinds of steps and invariants",
        "",
        "Generated from the code by `scripts/golden`. [How plans work](../migration.md).",
        "",
        "## Kinds of steps",
        "",
        "In the order in which they propose their steps.",
        "",
        "| kind | phase | what such a step does |",
        "|---|---|---|",
        *(f"| `{kind.name}` | {kind.phase} | {kind.title} |" for kind in all_kinds()),
        "",
        "## Invariants",
        "",
        "| invariant | what must be so in every state |",
        "|---|---|",
        *(f"| `{invariant.name}` | {invariant.title} |" for invariant in all_invariants()),
    ]
    return "\n".join(lines) + "\n"


def _page(name: str, schema: dict[str, Any]) -> str:
    lines = [
        f"# Fields of a {name} file",
        "",
        "Generated from the code by `scripts/golden`; `novaplan schema` prints the same for editors.",
    ]
    definitions = {schema["title"]: schema, **schema.get("$defs", {})}
    for title, definition in definitions.items():
        if "properties" in definition:
            lines += ["", f"## {title}", "", _folded(definition.get("description", "")), ""]
            lines += ["| field | type | default | meaning |", "|---|---|---|---|"]
            required = set(definition.get("required", ()))
            for field, body in definition["properties"].items():
                default = "required" if field in required else f"`{_default(body)}`"
                lines.append(f"| `{field}` | {_type(body)} | {default} | {_folded(body.get('description', ''))} |")
    return "\n".join(lines) + "\n"


def _folded(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _default(body: dict[str, Any]) -> str:
    default = body.get("default")
    if default is None:
        return "none"
    if isinstance(default, dict):
        return "{}" if not default else "as below"
    return str(default).lower() if isinstance(default, bool) else str(default) or '""'


def _type(body: dict[str, Any]) -> str:
    if "$ref" in body:
        title = body["$ref"].rpartition("/")[2]
        return f"[{title}](#{title.lower()})"
    if "enum" in body:
        return " \\| ".join(f"`{value}`" for value in body["enum"])
    if "const" in body:
        return f"`{body['const']}`"
    if "anyOf" in body or "oneOf" in body:
        members = [item for item in body.get("anyOf", body.get("oneOf")) if item.get("type") != "null"]
        return " or ".join(dict.fromkeys(_type(item) for item in members))
    if body.get("type") == "array":
        return f"list of {_type(body['items'])}" if "items" in body else "list"
    examples = body.get("examples")
    if examples:
        return f"{body.get('title', 'text').lower()}, such as `{examples[0]}`"
    return {"integer": "whole number", "string": "text", "boolean": "true or false"}.get(str(body.get("type")), "any")
