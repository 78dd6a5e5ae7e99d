"""The guides as files: templates of each language, filled with what was rendered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from novaplan.documents.files import generated_header
from novaplan.render.assembly import Bundle
from novaplan.render.context import Context
from novaplan.render.guides import access, checks, commands, sections
from novaplan.render.guides.facts import SCRIPT, Facts
from novaplan.render.guides.script import script
from novaplan.render.guides.words import duration, reason, words
from novaplan.render.settings import Language, SecretsForm
from novaplan.render.texts import code_block, environment
from novaplan.render.tree import File
from novaplan.tables import Table

GUIDES: Final = {
    "quick": "K8S_QUICK_START.md",
    "local": "K8S_LOCAL_DEPLOYMENT_GUIDE.md",
    "summary": "K8S_DEPLOYMENT_SUMMARY.md",
    "index": "K8S_FILES_INDEX.md",
    "report": "K8S_CONFIGURATION_VALIDATION_REPORT.md",
}
"""The guides by what they are for."""
REPORT: Final = GUIDES["report"]
KUSTOMIZATION: Final = "kustomization.yaml"


def files(
    context: Context,
    bundle: Bundle,
    *,
    language: Language = "en",
    secrets: SecretsForm = "placeholder",
    validated: bool = False,
) -> dict[str, File]:
    """The deploy script and the guides, by name. ``validated`` says that every object passed the schemas of the
    versions in the settings."""
    made = {name: items for name, items in bundle.files.items() if items}
    facts = Facts(context, made, bundle.needs, secrets)
    found = {SCRIPT: File(script(facts), executable=True)}
    view = _view(facts, language, validated=validated)
    templates = environment(f"{__package__}.templates")
    templates.filters.update(applied=commands.apply, awaited=commands.ready)
    for purpose, name in GUIDES.items():
        text = templates.get_template(f"{language}/{purpose}.md.j2").render(view)
        found[name] = File(_tidy(text))
    return found


def failed(context: Context, bundle: Bundle, secrets: SecretsForm = "placeholder") -> int:
    """How many checks of the validation report do not hold."""
    made = {name: items for name, items in bundle.files.items() if items}
    return int(checks.results(Facts(context, made, bundle.needs, secrets))[2])


def _tidy(text: str) -> str:
    """No more than one empty line at a time, and one line break at the end."""
    lines: list[str] = []
    fenced = False
    for line in text.strip().splitlines():
        fenced ^= line.startswith("```")
        if line.strip() or fenced or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _view(facts: Facts, language: Language, *, validated: bool) -> dict[str, Any]:
    say = words(language)
    others = {KUSTOMIZATION: "kustomization_role", SCRIPT: "script_role"}
    others |= {name: f"{purpose}_role" for purpose, name in GUIDES.items()}
    topology = facts.context.topology
    return {
        "header": f"<!-- {generated_header('render')} -->",
        "facts": facts,
        "topology": topology,
        "settings": facts.context.settings,
        "system": facts.context.system,
        "script": f"./{SCRIPT}",
        "script_file": SCRIPT,
        "guides": GUIDES,
        "kustomization": KUSTOMIZATION,
        "say": say,
        "reason": partial(reason, language=language),
        "table": _table,
        "block": _block,
        "verdicts": partial(_verdicts, say),
        "duration": duration,
        "rows": _rows(facts, language, others),
        "commands": commands,
        "checks": checks,
        "addresses": access.addresses(facts),
        "forwards": commands.forwards(facts),
        "failovers": [found for store in facts.stores if (found := commands.failover(facts, store)) is not None],
        "healths": commands.healths(facts),
        "asked_inside": commands.health_from_another(facts),
        "database_inside": commands.database_from_pod(facts),
        "by_hand": commands.secret_commands(facts),
        "bound": lambda store, scenario: sections.bound(facts, store, scenario, say, language),
        "validated": validated,
        "form": facts.form,
    }


def _rows(facts: Facts, language: Language, others: Mapping[str, str]) -> dict[str, list[sections.Row]]:
    say = words(language)
    return {
        "resources": sections.resources(facts, say),
        "services": sections.services(facts, say),
        "stores": sections.stores(facts, say),
        "pointed": sections.pointed(facts, say),
        "workloads": sections.workloads(facts, say),
        "store_recoveries": sections.recoveries(facts, say, language, of_services=False),
        "service_recoveries": sections.recoveries(facts, say, language, of_services=True),
        "merged": sections.merged(facts),
        "files": sections.files(facts, dict(others), say),
        "secrets": sections.secrets(facts, say, language),
        "storage": sections.storage(facts, say),
        "spreads": [(item["workload"], item["count"], item["key"]) for item in facts.spreads],
    }


def _table(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    return Table("", tuple(columns), tuple(rows)).markdown()


def _block(*lines: str | None) -> str:
    return code_block("\n".join(line for line in lines if line is not None), "sh")


def _verdicts(say: Any, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows whose last cell is a verdict, in the reader's words."""
    return [(*row[:-1], say(row[-1])) for row in rows]
