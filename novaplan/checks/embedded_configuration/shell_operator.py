"""What only a shell understands is run by a shell.

A command in the form of a list, and every ``command`` of compose, is started without a shell: ``&&``, ``||``, ``|`` and
``>`` are handed to the program as words, and ``$NAME`` as it stands.
Source: https://docs.docker.com/reference/dockerfile/#exec-form and
https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.importers.draft import Container, Draft, Setting

SEVERITY = "error"
_OPERATORS = frozenset(("&&", "||", "|", ">", ">>", "2>", "2>&1", ";", "&", "<"))
_SHELLS = (
    "sh",
    "bash",
    "ash",
    "dash",
    "zsh",
    "ksh",
    "busybox",
    "su",
    "gosu",
    "watch",
    "timeout",
    "env",
    "find",
    "xargs",
)


def workloads(draft: Draft) -> Iterator[Found]:
    """The commands of all containers."""
    for workload in draft.workloads:
        for container in workload.containers:
            setting = _operator(container)
            if setting is not None:
                program = container.command[0].rpartition("/")[2]
                text = f"hands {setting.text} to {program} as a word: no shell runs this command"
                yield Found(workload.name, text, "run it in one: sh -c with the whole line", setting.where)


def _operator(container: Container) -> Setting | None:
    names = {word.rpartition("/")[2] for word in container.command}
    if not container.command or names & set(_SHELLS) or not names & _OPERATORS:
        return None
    arguments = (item for item in container.settings if item.source == "argument")
    return next((item for item in arguments if item.text in _OPERATORS), None)
