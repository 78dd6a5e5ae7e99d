"""Commands and sentences that steps of several kinds share. Names are quoted for the shell, or for SQL, wherever they
go into a command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from novaplan.migration.step import Action, Gate

STATE = "{state}"
"""Stands for the name of the state after a step in its commands, until the order of the steps is known."""
BEFORE = "{before}"
"""The same for the state before it."""
HOME = "@home@"
"""Stands for the namespace of what current puts in none, until the draft fills it in (``novaplan.migration.home``)."""
SETTINGS = "{settings}"
"""The same for the settings with which every state is rendered."""

_FACTS = {
    "inventory": "the inventory is complete",
    "contract-tests": "the contract tests of {} pass against the services it takes over from",
    "image": "the image of {} is built and scanned",
    "role": "the role {} exists, beside those in use",
    "synced": "the copy {} follows its original without a lag",
    "caught-up": "both sides of {} hold the same keys",
    "deployed": "{} runs and is ready",
    "mirrored": "mirrored reads were answered alike ({})",
    "flags": "the flags of {} are as they stay",
    "opened": "the new routes that will lead to {} are open",
    "handed-over": "messages are taken by the heir ({})",
    "shifted": "all of the traffic has moved ({})",
    "named": "the name {} leads to its heir",
    "entry-moved": "nobody comes in through {} any more",
    "drained": "{} has no connection left",
    "baked": "{} has carried everything for its bake time",
    "revoked": "the credentials of {} are revoked",
}


def in_words(name: str) -> str:
    """A fact as a sentence."""
    kind, _, subject = name.partition("/")
    return _FACTS.get(kind, f"{kind}: {{}}").format(subject)


def sh(*words: str | int) -> str:
    """One command, every word quoted for the shell."""
    return " ".join(shlex.quote(str(word)) for word in words)


def sql_name(name: str) -> str:
    """A name as SQL takes it (PostgreSQL, section 4.1.1)."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A text as SQL takes it."""
    return "'" + text.replace("'", "''") + "'"


def label(text: str) -> str:
    """A label's value in PromQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def share_of(service: str, codes: str) -> str:
    """In PromQL, the share of the requests to a service whose status is matched by ``codes``."""
    total = f"rate(http_requests_total{{service={label(service)}}}[5m])"
    matched = f"rate(http_requests_total{{service={label(service)},{codes}}}[5m])"
    return f"sum({matched}) / sum({total})"


SUCCESS, FAILURE = 'code!~"5.."', 'code=~"5.."'


def in_namespace(namespace: str | None) -> list[str]:
    """The option of kubectl for a namespace; without one, that of what current puts in none."""
    return ["-n", namespace or HOME]


def kubectl(namespace: str | None, *words: str | int) -> str:
    """A command of kubectl."""
    return sh("kubectl", *in_namespace(namespace), *words)


def rendered(says: str = "Apply what differs in the state after this step, and nothing else") -> list[Action]:
    """How any change of manifests is carried out."""
    return [Action(says, _patch(BEFORE, STATE, "patches/{state}"), "novaplan")]


def started(component: str, says: str) -> list[Action]:
    """What is new of one component comes first, beside what is there; nothing is deleted, and nobody uses it yet."""
    only = " " + sh("--only", component)
    return [Action(says, _patch(BEFORE, STATE, "patches/{state}-start", only, "keep"), "novaplan")]


def followed(says: str) -> list[Action]:
    """All that differs is applied, as ``rendered`` does it, but nothing is deleted yet."""
    return [Action(says, _patch(BEFORE, STATE, "patches/{state}", "", "keep"), "novaplan")]


def removed(says: str) -> list[Action]:
    """What ``followed`` has kept goes. Nothing is applied, so later steps are not undone."""
    return [Action(says, "patches/{state}/apply.sh delete", "novaplan")]


def undo(says: str = "Apply what differs in the state before this step") -> list[Action]:
    """How any change of manifests is taken back."""
    return [Action(says, _patch(STATE, BEFORE, "patches/{state}-back"), "novaplan")]


def _patch(before: str, after: str, folder: str, only: str = "", how: str = "") -> str:
    return (
        f"novaplan render states/{after}.yaml --since states/{before}.yaml{SETTINGS}{only} -o {folder}\n"
        f"{folder}/apply.sh diff\n{folder}/apply.sh {how}".rstrip()
    )


def rolled_out(namespace: str | None, workload: str, name: str) -> Gate:
    """A gate: the workload is rolled out."""
    return Gate(
        f"{name} is rolled out",
        "kubectl",
        kubectl(namespace, "rollout", "status", f"{workload}/{name}", "--timeout=10m"),
        "exit status 0",
    )


def counted(number: int, one: str) -> str:
    """``1 pod``, ``2 pods``."""
    return f"{number} {one}" + ("" if number == 1 else "s")


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
