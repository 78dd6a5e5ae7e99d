"""Names of services inside the values of variables."""

import re
from collections.abc import Callable

from novaplan.topology.service import EnvVar

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_CANDIDATE = re.compile(
    rf"(?P<before>^|//|@|,)(?P<host>{_LABEL})(?:\.(?P<namespace>{_LABEL}))?"
    rf"(?P<domain>(?:\.{_LABEL})*)(?P<port>:[0-9]{{1,5}})?(?=[/,?]|$)"
)
_NAMED_AFTER_A_HOST = re.compile(r"(HOST|HOSTNAME|ADDR|ADDRESS|SERVER|ENDPOINT)$", re.IGNORECASE)


def hosts(variable: EnvVar) -> list[str]:
    """First labels of the host names the value holds, whether anything has that name or not."""
    return [match["host"] for match in _CANDIDATE.finditer(variable.value or "") if _is_address(match, variable)]


def rename_hosts(variable: EnvVar, rename: Callable[[str, str | None], tuple[str, str | None]]) -> EnvVar:
    """``variable`` with every host renamed: ``rename`` is given the name and the namespace that follows it, if any, and
    returns both as they are now."""

    def renamed(match: re.Match[str]) -> str:
        if not _is_address(match, variable):
            return match[0]
        old = (match["host"], match["namespace"])
        host, namespace = rename(*old)
        if (host, namespace) == old:
            return match[0]
        # A name that means this very pod has no domain.
        tail = "" if namespace is None else f".{namespace}{match['domain']}"
        return f"{match['before']}{host}{tail}{match['port'] or ''}"

    return variable.model_copy(update={"value": _CANDIDATE.sub(renamed, variable.value or "")})


def _is_address(match: re.Match[str], variable: EnvVar) -> bool:
    """A bare word may be anything; it is a host where a URL has one, before a port, or in a variable named for one."""
    in_place = match["before"] in ("//", "@") or match["port"] is not None
    return in_place or _NAMED_AFTER_A_HOST.search(variable.name) is not None
