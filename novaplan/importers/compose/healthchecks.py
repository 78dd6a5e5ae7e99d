"""``healthcheck``: when docker takes a container for healthy, as the probe that says so."""

from __future__ import annotations

import re
from typing import Final

from novaplan.importers.compose.amounts import milliseconds
from novaplan.importers.compose.nodes import Field
from novaplan.topology.service import Probe, Probes

# curl or wget of one address of the container itself is what Kubernetes calls an HTTP probe.
_HTTP = re.compile(
    r"(?:^|[\s'\"/(])(?:curl|wget)\s[^|;&]*?\bhttps?://(?P<host>[A-Za-z0-9.\-]+|\[::1?\])(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[^\s'\"?#|;&)]*)?"
)
_SELF: Final = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]")
_EVERY: Final = 30_000
"""Docker's own interval and time limit."""


def probes(service: Field, hosts: tuple[str, ...]) -> Probes:
    """The check as a readiness probe: others wait for it, and docker restarts nothing because of it.

    ``hosts`` are the names of the service itself.
    """
    check = service.get("healthcheck")
    if check is None:
        return Probes()
    disabled = check.get("disable")
    command = _test(check)
    if (disabled and disabled.flag()) or not command:
        return Probes()
    interval, timeout, start, retries = (check.get(key) for key in ("interval", "timeout", "start_period", "retries"))
    stated = {
        "period": f"{milliseconds(interval) if interval else _EVERY}ms",
        "timeout": f"{milliseconds(timeout) if timeout else _EVERY}ms",
        "initial_delay": f"{milliseconds(start) if start else 0}ms",
        "failure_threshold": max(1, retries.whole()) if retries else 3,
    }
    return Probes(readiness=Probe.model_validate({**stated, **_asks(command, hosts)}))


def _asks(command: tuple[str, ...], hosts: tuple[str, ...]) -> dict[str, object]:
    http = _HTTP.search(" ".join(command))
    if http and http["host"] in (*_SELF, *hosts):
        port = int(http["port"] or (443 if "https://" in http[0] else 80))
        if 0 < port < 65536:
            return {"type": "http", "path": http["path"] or "/", "port": port}
    return {"type": "exec", "command": command}


def _test(check: Field) -> tuple[str, ...]:
    """The command that is run; nothing when the check is switched off or left to the image."""
    test = check.get("test")
    if test is None:
        return ()
    if not isinstance(test.value, list):
        return ("/bin/sh", "-c", test.text()) if test.text() else ()
    words = [item.text() for item in test.elements()]
    if not words or words[0] == "NONE":
        return ()
    if words[0] not in ("CMD", "CMD-SHELL"):
        test.fail("should start with CMD, CMD-SHELL or NONE")
    return tuple(words[1:]) if words[0] == "CMD" else ("/bin/sh", "-c", " ".join(words[1:]))
