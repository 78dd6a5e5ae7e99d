"""What runs in production logs what is needed there.

Logs at the level of debug hold tokens, queries and personal data, cost as much disk as everything else together and
slow the service down. Told where the container itself says that it is production.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.importers.draft import Draft

SEVERITY = "note"
_STAGES = ("APP_ENV", "NODE_ENV", "ENVIRONMENT", "ENV", "RAILS_ENV", "SPRING_PROFILES_ACTIVE", "ASPNETCORE_ENVIRONMENT")
_LEVELS = re.compile(r"(?i)(?:^|_)(?:rust_log|log_?level|loglevel|logging_level)(?:_|$)|^debug$")
_DEBUG = re.compile(r"(?i)(?:^|=|,)\s*(?:debug|trace|true|1)\b")


def workloads(draft: Draft) -> Iterator[Found]:
    """Containers of production that log at debug or trace."""
    for workload in draft.workloads:
        for container in workload.containers:
            values = {item.name: item for item in container.settings if item.source == "env"}
            stage = next((values[name].text or "" for name in _STAGES if name in values), "")
            if stage.lower() not in ("production", "prod"):
                continue
            for name, item in values.items():
                if _LEVELS.search(name) and _DEBUG.search(item.text or ""):
                    message = f"{name} asks for debug or trace in production"
                    yield Found(workload.name, message, "set it to info, or to warn", item.where)
