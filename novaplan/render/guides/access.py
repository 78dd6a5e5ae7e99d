"""How people reach what was deployed: by the routes of an Ingress, or through kubectl from this machine."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.render.guides.facts import Facts
from novaplan.render.manifests import Manifest


def access(facts: Facts) -> Iterator[str]:
    """Lines that the script prints at its end: addresses and commands, nothing that is typed as it is."""
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


def forwards(facts: Facts) -> list[str]:
    """A command for each service that forwards its first port to this machine."""
    services = {item.component for item in facts.workloads if item.is_service}
    return [forward(item) for item in facts.kind("Service") if item["metadata"]["name"] in services and _ports(item)]


def forward(service: Manifest, local: int | None = None) -> str:
    """The command that makes a Service answer on this machine; a port that only root may open gets another number."""
    port = service["spec"]["ports"][0]["port"]
    space, name = service["metadata"].get("namespace"), service["metadata"]["name"]
    here = local if local is not None else port if port >= 1024 else 8000 + port
    return f"kubectl {f'--namespace {space} ' if space else ''}port-forward service/{name} {here}:{port}"


def _ports(service: Manifest) -> bool:
    spec = service["spec"]
    return bool(spec.get("ports")) and spec.get("type") != "ExternalName" and "selector" in spec
