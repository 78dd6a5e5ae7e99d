"""A variable of a compose file has one default.

``${PASSWORD:-a}`` in one service and ``${PASSWORD:-b}`` in another agree only where the variable is set. Without it the
server has one password and its client sends the other; whoever reads the file sees two that look alike.
What credential-mismatch tells is left to that.
Source: https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.consistency import credential_mismatch
from novaplan.checks.found import Found
from novaplan.findings import Severity
from novaplan.importers.compose.reading import Project
from novaplan.importers.draft import Where

SEVERITY = "warning"
_DEFAULT = re.compile(r"(?<!\$)\$\{([A-Za-z_]\w*):?-([^${}]*)\}")
_SECRET = re.compile(r"PASS|SECRET|TOKEN|KEY$|CREDENTIAL", re.IGNORECASE)


def compose(project: Project) -> Iterator[Found]:
    """Every place that states another default than the first one."""
    told = {(item.where.file, item.where.line) for item in credential_mismatch.workloads(project.draft) if item.where}
    places: dict[str, dict[str, Where]] = defaultdict(dict)
    for text, where in project.written:
        for name, value in _DEFAULT.findall(text):
            if value:
                places[name].setdefault(value, where)
    for name, found in places.items():
        first, *others = found.items()
        for where in (where for _, where in others if (where.file, where.line) not in told):
            service = (where.field or "").split(".")
            secret = bool(_SECRET.search(name))
            severity: Severity | None = "error" if secret else None
            end = ", and who logs in with the one is refused by the other" if secret else ", and set they are the same"
            text = f"{name} has another default here than in line {first[1].line}: not set, the two differ{end}"
            subject = service[1] if len(service) > 1 else name
            yield Found(subject, text, "state one default, in an .env file, or none", where, severity)
