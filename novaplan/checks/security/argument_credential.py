"""Credentials reach a program in files or variables, not among its arguments.

Arguments are what every list of processes shows: to other containers that share the process namespace, to whoever may
look at the node, to the runtime's logs and to crash reports. A variable of the same container is seen by the program
alone, a mounted file by whom its mode allows.
Source: https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.credentials import is_credential, is_reference
from novaplan.checks.found import Found
from novaplan.importers.draft import Container, Draft, Setting

SEVERITY = "note"
_FLAG = re.compile(
    r"--?(?!.*cluster-token)(?:[\w-]*-)?(?:requirepass|masterauth|password|passwd|passphrase|token|secret|api-?key)"
)
_VARIABLE = re.compile(r"\$[({](\w+)")


def workloads(draft: Draft) -> Iterator[Found]:
    """Arguments that hold a credential, written out or put in place of a variable; once for each container."""
    for workload in draft.workloads:
        for container in workload.containers:
            found = list(_credentials(container))
            if found:
                names = ", ".join(dict.fromkeys(name for name, _ in found))
                yield Found(
                    workload.name,
                    f"container {container.name} gets {names} among its arguments, which lists of processes show",
                    "hand it over in a variable or a mounted file",
                    found[0][1].where,
                )


def _credentials(container: Container) -> Iterator[tuple[str, Setting]]:
    secret = {item.name for item in container.settings if item.source == "env" and item.secret is not None}
    flag = ""
    for item in container.settings:
        if item.source == "argument":
            flag = item.name or flag
            used = [name for name in _VARIABLE.findall(item.written or item.text or "") if name in secret]
            held = [name for name in used if is_credential(name, "a value that is not looked at")]
            if held:
                yield from ((name, item) for name in held)
            elif not used and item.text and _FLAG.fullmatch(flag) and not is_reference(item.text):
                yield flag, item
                flag = ""
