"""nginx can start with its proxied addresses, and finds them.

A ``proxy_pass`` with a path inside a location that is a regular expression, named, or under ``if`` ends the start. One
with a variable is looked up for each request by ``resolver``; without it every such request fails with 502 (no resolver
defined). A ``resolver`` of Docker's does not exist in Kubernetes, nor the other way round.
Source: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import lines, servers
from novaplan.importers.draft import Draft, MountedFile

SEVERITY = "error"
_LOCATION = re.compile(r"^location\s+(~\*?|@)?")
_PASS = re.compile(r"\bproxy_pass\s+(https?://[^;\s]+)\s*;")
_HOST = re.compile(r"https?://([^/]*)(/.*)?$")


def workloads(draft: Draft) -> Iterator[Found]:
    """Configuration files of nginx."""
    for server in servers(draft, "nginx"):
        files = [item for item in server.container.files if "nginx" in item.path]
        resolved = any(re.search(r"^\s*resolver\s", item.text, re.MULTILINE) for item in files)
        for file in files:
            yield from _of(server.label, file, resolved)


def _of(subject: str, file: MountedFile, resolved: bool) -> Iterator[Found]:
    open_blocks: list[str] = []
    for where, line in lines(file):
        text = line.partition("#")[0]
        if location := _LOCATION.match(text):
            open_blocks.append("pattern" if location[1] else "prefix")
            opened = text.count("{") - 1
        else:
            opened = text.count("{")
        open_blocks += ["other"] * max(opened, 0)
        for match in _PASS.finditer(text):
            parts = _HOST.match(match[1])
            inner = next((block for block in reversed(open_blocks) if block != "other"), "")
            if parts is not None and "$" in parts[1] and not resolved and "upstream" not in parts[1]:
                message = f"proxy_pass {match[1]} holds a variable and no resolver is set: every request ends with 502"
                yield Found(subject, message, "set resolver to the address of the DNS server", where)
            elif parts is not None and parts[2] and inner == "pattern" and "$" not in match[1]:
                message = f"proxy_pass {match[1]} has a path inside a location of a pattern, and nginx refuses to start"
                yield Found(subject, message, "leave the path out, or rewrite it", where)
        for _ in range(text.count("}")):
            if open_blocks:
                open_blocks.pop()
