"""Rows of the tables in the guides, each figure computed from the topology or counted in what was rendered."""

from __future__ import annotations

from collections import Counter
from typing import Any

from novaplan.capacity.recovery import Recovery, recovery
from novaplan.capacity.totals import Amounts
from novaplan.render.endpoints import datastore_endpoint
from novaplan.render.guides.facts import SCRIPT, Facts
from novaplan.render.guides.words import Say, cpu, duration, memory, reason
from novaplan.render.settings import Language
from novaplan.topology.datastore import Datastore, Patroni, Sentinel
from novaplan.topology.parts import label_of

Row = tuple[Any, ...]


def resources(facts: Facts, say: Say) -> list[Row]:
    """Name, pods, CPU, its limit, memory, its limit, storage: of each component that runs here, then of all."""
    rows = [(marked(item.name, item.optional, say), *_amounts(item.amounts)) for item in facts.components]
    return [*rows, (say("total"), *_amounts(facts.total))]


def marked(name: str, optional: bool, say: Say) -> str:
    """A name, with a mark where the system is complete without it."""
    return say("optional", name) if optional else name


def _amounts(item: Amounts) -> Row:
    return (
        item.pods,
        cpu(item.cpu_request_millicores),
        cpu(item.cpu_limit_millicores),
        memory(item.memory_request_bytes),
        memory(item.memory_limit_bytes),
        memory(item.storage_bytes),
    )


def services(facts: Facts, say: Say) -> list[Row]:
    """Name, namespace, pods with the bounds of autoscaling, tier, ports."""
    rows = []
    for item in facts.context.topology.services:
        bounds = f"{item.autoscaling.min}–{item.autoscaling.max}" if item.autoscaling else str(item.replicas)
        ports = ", ".join(f"{port.name} {port.port}" for port in item.ports)
        tier = say("unknown") if item.startup.tier is None else str(item.startup.tier)
        rows.append(
            (
                marked(item.name, item.optional, say),
                _space(facts.context.namespace(item), say),
                bounds,
                tier,
                ports or say("none"),
            )
        )
    return rows


def stores(facts: Facts, say: Say) -> list[Row]:
    """Name, kind, namespace, how it runs, where clients in other namespaces knock."""
    rows = []
    for item in facts.stores:
        endpoint = datastore_endpoint(facts.context, item, "")
        where = say("none") if endpoint is None else f"{endpoint.host}:{endpoint.port}"
        rows.append((item.name, item.kind, _space(facts.context.namespace(item), say), shape(item, say), where))
    return rows


def shape(store: Datastore, say: Say) -> str:
    """How a datastore runs."""
    deployment = store.deployment
    if isinstance(deployment, Sentinel):
        return say("sentinel", deployment.members, deployment.sentinels, deployment.quorum)
    if isinstance(deployment, Patroni):
        etcd = deployment.etcd
        return say("patroni", store.members) if etcd is None else say("patroni_etcd", store.members, etcd.members)
    return say("standalone")


def pointed(facts: Facts, say: Say) -> list[Row]:
    """Name, kind, and address of what somebody else runs."""
    known = facts.context.settings.externals
    rows = [(item.name, item.kind, known.get(item.name) or say("unknown")) for item in facts.pointed]
    for other in facts.context.topology.externals:
        rows.append((other.name, other.kind, ", ".join(other.addresses) or known.get(other.name) or say("unknown")))
    return rows


def recoveries(facts: Facts, say: Say, language: Language, *, of_services: bool) -> list[Row]:
    """Component, what is lost, and within which time clients can write again."""
    services_known = facts.context.topology.service
    ours = {item.name for item in facts.stores}
    return [
        (item.component, say(item.scenario.replace("_", " ")), span(item, say, language))
        for item in recovery(facts.context.topology, facts.model)
        if (item.component in services_known if of_services else item.component in ours)
    ]


def span(item: Recovery, say: Say, language: Language) -> str:
    """Within which time it recovers, or why it does not."""
    if not item.known:
        return reason(item.never or item.unknown, language)
    return say("seconds", say("to", duration(item.least), duration(item.most)))


def bound(facts: Facts, store: str, scenario: str, say: Say, language: Language) -> str | None:
    """Within which time ``store`` recovers from one loss."""
    for item in recovery(facts.context.topology, facts.model):
        if item.component == store and item.scenario == scenario:
            return span(item, say, language)
    return None


def workloads(facts: Facts, say: Say) -> list[Row]:
    """Workload, namespace, pods, seconds it may take until all are ready."""
    return [
        (item.reference, _space(item.namespace, say), item.pods, say("seconds", item.seconds))
        for item in facts.workloads
    ]


def merged(facts: Facts) -> list[Row]:
    """What each service was made of, from the lineage: name, how many services, their names."""
    lineage = facts.context.topology.lineage
    found: dict[str, list[str]] = {}
    for heir in lineage.parts if lineage is not None else ():
        if heir.part.startswith("service:"):
            for into in heir.into:
                if into.startswith("service:"):
                    found.setdefault(label_of(into), []).append(label_of(heir.part))
    return [(name, len(parts), ", ".join(sorted(parts))) for name, parts in sorted(found.items())]


def files(facts: Facts, others: dict[str, str], say: Say) -> list[Row]:
    """File, what it is for, the objects in it by kind."""
    rows: list[Row] = []
    roles = facts.roles
    for name, items in facts.files.items():
        if name in roles["secrets"]:
            purpose = say("secrets_role")
        elif name in roles["datastores"]:
            components = dict.fromkeys(item.component for item in facts.workloads if item.file == name)
            purpose = say("datastores_role", ", ".join(components))
        else:
            purpose = say("services_role")
        counted = Counter(item["kind"] for item in items)
        rows.append((name, purpose, ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))))
    rows += [(name, say(purpose), "") for name, purpose in others.items()]
    return [row for row in rows if row[0] != SCRIPT or row[1]]


def secrets(facts: Facts, say: Say, language: Language) -> list[Row]:
    """Secret, namespace, key, purpose, whether a pod needs it to start, who supplies its value."""
    rows = []
    for need in facts.needs:
        for key in need.keys:
            who = say("store") if facts.form == "external-secrets" else say("machine" if key.recipe else "person")
            needed = key.name in facts.required.get((need.namespace, need.name), ())
            space, name = _space(need.namespace, say), marked(key.name, key.optional, say)
            rows.append((need.name, space, name, reason(key.purpose, language), say("yes" if needed else "no"), who))
    return rows


def storage(facts: Facts, say: Say) -> list[Row]:
    """Claim, namespace, how many, class."""
    return [
        (name, _space(namespace, say), count, kind or say("default_class"))
        for namespace, kind, name, count in facts.claims
    ]


def _space(namespace: str | None, say: Say) -> str:
    return namespace or say("current_namespace")
