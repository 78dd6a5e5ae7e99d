"""How people reach what was deployed: by the routes of an Ingress, or through kubectl from this machine."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.render.guides.commands import forwards
from novaplan.render.guides.facts import Facts


def access(facts: Facts) -> Iterator[str]:
    """Lines that the script prints at its end: addresses, and commands to type."""
    hosts = addresses(facts)
    if hosts:
        yield "Through the Ingress:"
        yield from (f"  {address}" for address in hosts)
    found = forwards(facts)
    if found:
        yield "From this machine:"
        yield from (f"  {command}" for command in found)


def addresses(facts: Facts) -> list[str]:
    """The address of each host that an Ingress serves."""
    found: dict[str, None] = {}
    for item in facts.kind("Ingress"):
        secure = {host for entry in item["spec"].get("tls", ()) for host in entry.get("hosts", ())}
        for rule in item["spec"].get("rules", ()):
            host = rule.get("host")
            if host is not None:
                found[f"{'https' if host in secure else 'http'}://{host}/"] = None
    return sorted(found)
