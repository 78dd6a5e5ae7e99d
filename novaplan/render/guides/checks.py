"""What the validation report checks on a rendering, each with its figures and what came of it.

The objects are held against the topology: the names a service reaches for must be ones that exist, what must hold
together must do so in what was rendered. The report says beside each result what it rests on.
"""

from __future__ import annotations

import json
from typing import Any

from novaplan.capacity.connections import Verdict, connections
from novaplan.capacity.limits import default_limits
from novaplan.render.guides.facts import Facts
from novaplan.render.guides.workloads import NAME_LABEL, Workload
from novaplan.render.manifests import Manifest
from novaplan.render.risks import risks as found_risks
from novaplan.topology.datastore import Patroni, Sentinel
from novaplan.topology.wiring import Dependency

Row = tuple[Any, ...]
HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot be known"


def _verdict(holds: bool | None) -> Verdict:
    return "cannot be known" if holds is None else "holds" if holds else "does not hold"


def databases(facts: Facts) -> list[Row]:
    """Client, server, database, schemas, and whether they exist there: in the topology, and for a server that runs here
    also in what was rendered of it."""
    rows = []
    for edge in facts.context.topology.dependencies:
        store = facts.context.topology.datastore.get(edge.server)
        if store is None or edge.database is None or edge.possible:
            continue
        known = next((item for item in store.databases if item.name == edge.database), None)
        schemas = {item.name for item in known.schemas} if known is not None else set()
        holds = known is not None and (not schemas or set(edge.schemas) <= schemas)
        if holds and facts.context.runs(store):
            holds = all(_told(facts, store.name, name) for name in (edge.database, *edge.schemas))
        rows.append((edge.client, edge.server, edge.database, ", ".join(edge.schemas), _verdict(holds)))
    return rows


def _told(facts: Facts, store: str, name: str) -> bool:
    """Whether a name stands in what was rendered of a datastore."""
    files = {item.file for item in facts.of(store)}
    return any(name in json.dumps(item, ensure_ascii=False) for file in files for item in facts.files[file])


def logical_dbs(facts: Facts) -> list[Row]:
    """Server, number, owners, purpose, and whether it has one owner who is among its clients."""
    rows = []
    for store in facts.context.topology.datastores:
        clients: dict[int, set[str]] = {}
        for edge in facts.context.edges_to.get(store.name, ()):
            if edge.logical_db is not None:
                clients.setdefault(edge.logical_db, set()).add(edge.client)
        known = {item.index: item for item in store.logical_dbs}
        for index in sorted(known.keys() | clients.keys()):
            users, item = clients.get(index, set()), known.get(index)
            owners = item.owners if item is not None else ()
            purpose = item.purpose if item is not None else ""
            holds = len(set(owners) | users) == 1
            rows.append((store.name, index, ", ".join(sorted({*owners, *users})), purpose, _verdict(holds)))
    return rows


def quorums(facts: Facts) -> list[Row]:
    """Who votes, how many there are, how many are needed, how many may be lost, and whether as many are rendered and
    one may be lost."""
    rows = []
    for store in facts.stores:
        deployment = store.deployment
        if isinstance(deployment, Sentinel):
            voters, needed = deployment.sentinels, max(deployment.quorum, deployment.sentinels // 2 + 1)
            rows.append(_quorum(facts, f"{store.name}: Sentinel", store.name, voters, needed, "sentinel"))
        elif isinstance(deployment, Patroni) and deployment.etcd is not None:
            voters = deployment.etcd.members
            rows.append(_quorum(facts, f"{store.name}: etcd", store.name, voters, voters // 2 + 1, "etcd"))
    return rows


def _quorum(facts: Facts, title: str, store: str, voters: int, needed: int, container: str) -> Row:
    found = sum(
        item.pods
        for item in facts.of(store)
        for each in item.containers
        if each["name"] == container
    )  # fmt: skip
    return title, voters, needed, voters - needed, found, _verdict(found == voters and voters > needed)


def apart(facts: Facts) -> list[Row]:
    """Workload, rule, label of nodes, pods, and whether what the topology states is in the pods."""
    rows = []
    for item in facts.workloads:
        stated = facts.context.topology.service.get(item.component) or facts.context.topology.datastore[item.component]
        if stated.spread.anti_affinity == "none" and not item.apart:
            continue
        key = stated.spread.topology_key
        required = stated.spread.anti_affinity == "required"
        holds = (key in item.apart) == required if item.name == item.component else True
        rule = "required" if item.apart else "preferred"
        rows.append((item.reference, rule, key, item.pods, _verdict(holds)))
    return rows


def budgets(facts: Facts) -> list[Row]:
    """Budget, what it asks, pods it covers, how many of them may be away, and whether a node can be drained."""
    return [_budget(facts, item) for item in facts.kind("PodDisruptionBudget")]


def _budget(facts: Facts, item: Manifest) -> Row:
    spec = item["spec"]
    wanted, space = spec["selector"]["matchLabels"], item["metadata"].get("namespace")
    pods = sum(
        work.pods
        for work in facts.of(wanted.get(NAME_LABEL, ""))
        if work.namespace == space and wanted.items() <= work.labels.items()
    )
    if "minAvailable" in spec:
        rule, away = ("at_least", spec["minAvailable"]), pods - _share(spec["minAvailable"], pods)
    else:
        rule, away = ("at_most_gone", spec["maxUnavailable"]), _share(spec["maxUnavailable"], pods)
    away = max(0, min(away, pods))
    return item["metadata"]["name"], rule, pods, away, _verdict(away > 0 if pods else None)


def _share(value: int | str, pods: int) -> int:
    """Kubernetes rounds percentages of a disruption budget up."""
    return value if isinstance(value, int) else -(-int(value.rstrip("%")) * pods // 100)


def isolation(facts: Facts) -> list[Row]:
    """Workload, containers, those with requests and limits for both CPU and memory, and whether all have them."""
    rows = []
    for item in facts.workloads:
        whole = sum(map(_bounded, item.containers))
        rows.append((item.reference, len(item.containers), whole, _verdict(whole == len(item.containers))))
    return rows


def _bounded(container: dict[str, Any]) -> bool:
    stated = container.get("resources") or {}
    return all({"cpu", "memory"} <= (stated.get(field) or {}).keys() for field in ("requests", "limits"))


def probes(facts: Facts) -> list[Row]:
    """Workload, and which health checks its first container has."""
    return [
        (item.reference, *("yes" if f"{name}Probe" in main else "no" for name in ("startup", "readiness", "liveness")))
        for item in facts.workloads
        if item.kind not in ("Job", "CronJob") and (main := _main(item)) is not None
    ]


def _main(item: Workload) -> dict[str, Any] | None:
    named = [found for found in item.containers if found["name"] == item.component]
    return named[0] if named else next((found for found in item.containers if "ports" in found), None)


def secret_keys(facts: Facts) -> list[Row]:
    """Namespace, Secret, keys that pods name, and whether each of them is one that the system knows."""
    known = {(need.namespace, need.name): {key.name for key in need.keys} for need in facts.needs}
    named: dict[tuple[str | None, str], set[str]] = {}
    for item in facts.workloads:
        for secret, key, _ in item.secrets:
            keys = named.setdefault((item.namespace, secret), set())
            keys.update([key] if key is not None else known.get((item.namespace, secret), ()))
    return [
        (space, name, ", ".join(sorted(keys)), _verdict((space, name) in known and keys <= known[space, name]))
        for (space, name), keys in sorted(named.items(), key=lambda entry: (entry[0][0] or "", entry[0][1]))
    ]


def connection_budget(facts: Facts) -> list[Row]:
    """Server, connections at the fewest pods, now, at the most, while all is rolled out, what there is, and whether it
    is enough."""
    rows = []
    for item in connections(facts.context.topology, default_limits()):
        wanted = item.connections
        there = item.pooled.client_limit if item.pooled is not None else item.available
        name = f"{item.server}/pooler" if item.pooled is not None else item.server
        figures = [wanted[when] for when in ("minimum", "current", "maximum", "rolling_update")]
        rows.append((name, *figures, there, item.verdict))
        if item.pooled is not None:
            opened = item.pooled.server_connections
            rows.append((item.server, *([opened] * len(figures)), item.available, item.verdict))
    return rows


def uncounted(facts: Facts) -> list[Row]:
    """Server, and a client of which it is not known how many connections it opens."""
    return [
        (item.server, each.name)
        for item in connections(facts.context.topology, default_limits())
        for each in item.unknown
    ]


def policies(facts: Facts) -> list[Row]:
    """Namespace, network policies in it, and whether one of them covers every pod and lets nothing in."""
    found: dict[str | None, list[Manifest]] = {}
    for item in facts.kind("NetworkPolicy"):
        found.setdefault(item["metadata"].get("namespace"), []).append(item)
    spaces = sorted({item.namespace for item in facts.workloads}, key=str)
    return [(space, len(items := found.get(space, [])), _verdict(any(map(_denies, items)))) for space in spaces]


def _denies(item: Manifest) -> bool:
    spec = item["spec"]
    return not spec.get("podSelector") and not spec.get("ingress") and "Ingress" in spec.get("policyTypes", ())


def risks(facts: Facts) -> list[Row]:
    """What will run badly, or not at all, unless somebody says more, and that it does not hold."""
    return [(text, _verdict(holds=False)) for text in found_risks(facts.context, facts.needs)]


def sure_edges(facts: Facts) -> list[Dependency]:
    """Dependencies that are not merely possible."""
    return [edge for edge in facts.context.topology.dependencies if not edge.possible]


def results(facts: Facts) -> Row:
    """How many checks there are, how many hold, do not hold, and cannot be known."""
    made = (databases, logical_dbs, quorums, apart, budgets, isolation, secret_keys, connection_budget, policies, risks)
    verdicts = [row[-1] for check in made for row in check(facts)]
    return (len(verdicts), *map(verdicts.count, (HOLDS, FAILS, UNKNOWN)))
