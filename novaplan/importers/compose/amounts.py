"""Numbers as compose writes them: sizes, shares of CPUs, durations, ports."""

from __future__ import annotations

import re
from typing import Final

from novaplan.importers.compose.nodes import Field
from novaplan.importers.compose.notes import Notes
from novaplan.importers.draft import Port, Protocol
from novaplan.quantity import parse_bytes, parse_millicores, parse_milliseconds
from novaplan.topology.service import Compute, Resources, Termination

# Units are powers of 1024 whether or not an 'i' is written: '512M' is 512 MiB.
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?) ?([kmgtp]?)i?b?", re.IGNORECASE)
_BINARY: Final = {"": "", "k": "Ki", "m": "Mi", "g": "Gi", "t": "Ti", "p": "Pi"}
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_PROTOCOLS: Final[dict[str, Protocol]] = {
    "http": "http",
    "https": "https",
    "http2": "http",
    "grpc": "grpc",
    "websocket": "websocket",
    "ws": "websocket",
    "tcp": "tcp",
}
_LOOPBACK: Final = ("127.", "[::1]", "::1", "localhost")

MOST_PORTS: Final = 100
"""Of one range; media servers open thousands, which nobody wants to see one by one."""


def size(field: Field) -> int | None:
    """Bytes; None for no limit."""
    match = _SIZE.fullmatch(field.text().strip())
    if match is None:
        field.fail("should be a size such as 512M or 1.5gb")
    try:
        return parse_bytes(match[1] + _BINARY[match[2].lower()]) or None
    except ValueError as error:
        field.fail(str(error))


def millicores(field: Field) -> int | None:
    """CPU in millicores; None for no limit."""
    try:
        return parse_millicores(field.text()) or None
    except ValueError:
        field.fail("should be a number of CPUs such as 0.5")


def milliseconds(field: Field) -> int:
    """A duration such as ``1m30s``."""
    try:
        return parse_milliseconds(field.text())
    except ValueError:
        field.fail("should be a duration such as 30s or 1m30s")


def resources(service: Field) -> Resources:
    """What a container may use (``limits``) and what is set aside for it (``reservations``)."""
    deploy = service.get("deploy")
    stated = deploy.get("resources") if deploy else None
    limits, reserved = (stated.get("limits"), stated.get("reservations")) if stated else (None, None)
    return Resources(
        requests=_compute(reserved, None, service.get("mem_reservation")),
        limits=_compute(limits, service.get("cpus"), service.get("mem_limit")),
    )


def _compute(stated: Field | None, cpus: Field | None, memory: Field | None) -> Compute:
    """The newer fields go before the older ones."""
    cpus = (stated.get("cpus") if stated else None) or cpus
    memory = (stated.get("memory") if stated else None) or memory
    cpu = millicores(cpus) if cpus else None
    written = {"cpu": None if cpu is None else f"{cpu}m", "memory": size(memory) if memory else None}
    return Compute.model_validate({key: value for key, value in written.items() if value is not None})


def termination(service: Field) -> Termination:
    """How long a container may take to stop."""
    grace = service.get("stop_grace_period")
    return Termination.model_validate({"grace": f"{milliseconds(grace)}ms"}) if grace else Termination()


def ports(service: Field, notes: Notes) -> tuple[Port, ...]:
    """What the service listens on: published ports first, then those that are only exposed."""
    found: dict[tuple[int, str], Port] = {}
    published, exposed = service.get("ports"), service.get("expose")
    for entry in published.elements() if published else ():
        for port in _long(entry) if isinstance(entry.value, dict) else _short(entry, notes):
            key = (port.port, "udp" if port.protocol == "udp" else "tcp")
            known = found.get(key)
            if known is None or (known.published is None and port.published is not None):
                found[key] = port
    for entry in exposed.elements() if exposed else ():
        text, _, protocol = entry.text().partition("/")
        for number in _numbers(text, entry, notes):
            found.setdefault((number, protocol or "tcp"), Port(number, protocol=_protocol(protocol)))
    return tuple(found.values())


def _protocol(text: str) -> Protocol | None:
    """TCP alone says nothing of what is spoken."""
    return "udp" if text.lower() == "udp" else None


def _short(entry: Field, notes: Notes) -> list[Port]:
    """``[[IP:][PUBLISHED]:]TARGET[/PROTOCOL]``, where both numbers may be ranges."""
    text, _, protocol = entry.text().strip().partition("/")
    rest, _, target = text.rpartition(":")
    address, _, published = rest.rpartition(":")
    targets = _numbers(target, entry, notes)
    if not published or address.startswith(_LOOPBACK):
        outside: list[int | None] = [None] * len(targets)
    else:
        numbers = _numbers(published, entry, notes)
        # A range before a single port means any free one of them.
        outside = list(numbers) if len(numbers) == len(targets) else [None] * len(targets)
    return [
        Port(number, protocol=_protocol(protocol), published=seen)
        for number, seen in zip(targets, outside, strict=True)
    ]


def _long(entry: Field) -> list[Port]:
    target = entry.get("target")
    if target is None:
        entry.fail("should have the port of the container as its target")
    number = _port_number(target.text(), target)
    published, address, protocol = entry.get("published"), entry.get("host_ip"), entry.get("protocol")
    application, name = entry.get("app_protocol"), entry.get("name")
    spoken = _protocol(protocol.text()) if protocol else None
    if spoken is None and application:
        spoken = _PROTOCOLS.get(application.text().lower())
    outside = None
    if published and published.text() and not (address and address.text().startswith(_LOOPBACK)):
        text = published.text()
        outside = None if "-" in text else _port_number(text, published) if text != "0" else None
    return [Port(number, name.text() if name else None, protocol=spoken, published=outside)]


def _numbers(text: str, entry: Field, notes: Notes) -> list[int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        entry.fail("should be a port such as 8080:80, 127.0.0.1:8080:80/udp or 3000-3005")
    first = _port_number(match[1], entry)
    last = _port_number(match[2] or match[1], entry)
    if last < first:
        entry.fail(f"is a range of ports that ends before it starts: {first}-{last}")
    if last - first >= MOST_PORTS:
        notes.left_out(f"of the ports {first}-{last} only the first {MOST_PORTS} were taken", entry.where)
    return list(range(first, min(last, first + MOST_PORTS - 1) + 1))


def _port_number(text: str, field: Field) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 6 and 0 < int(text) < 65536):
        field.fail("should be a port from 1 to 65535")
    return int(text)
