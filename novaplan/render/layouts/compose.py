"""Compose: the same system for a laptop, in one file, made of the same objects.

A pod becomes a compose service for each container, a ConfigMap's file a config, a claim a volume, a namespace a
network, the wait for a start-up tier a condition; Services become names on the networks (``compose_network``). Values
of Secrets are variables without which compose refuses to start; ``.env.example`` names them. What somebody else runs is
not run. There is no autoscaling, no budget and no network policy in compose: the record keeps them for an import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

from novaplan.documents import writer
from novaplan.documents.quoting import comment
from novaplan.errors import InputError
from novaplan.importers.marks import COMPOSE_GENERATED_FOR, COMPOSE_RECORD
from novaplan.render.assembly import Bundle
from novaplan.render.context import Context, address_of
from novaplan.render.endpoints import datastore_endpoint
from novaplan.render.environments import context_for, context_without, environments
from novaplan.render.layouts.compose_containers import Body, Volumes, body
from novaplan.render.layouts.compose_network import Network, Proxy, hosts, network
from novaplan.render.layouts.compose_references import DEFAULT, References, escaped, namespace_of, references
from novaplan.render.layouts.compose_units import LASTING, Unit, units
from novaplan.render.layouts.plain import HEADER
from novaplan.render.manifests import GENERATED, NAME, without_absent
from novaplan.render.record import recorded_compose
from novaplan.render.tree import File
from novaplan.render.workloads.waiting import waits
from novaplan.topology import records
from novaplan.topology.datastore import Patroni
from novaplan.topology.parts import SYSTEM
from novaplan.topology.patch import Patch

FILE: Final = "docker-compose.yml"
EXAMPLE: Final = ".env.example"
_OWN: Final = 'chown "$0" /volumes/*'


def tree(context: Context, build: Callable[[Context], Bundle]) -> dict[str, File]:
    """The compose file of the environment that the settings name, and the variables it wants.

    ``build`` makes the objects of a context. Raises as it does, and InputError for a PostgreSQL whose lease is kept in
    the API of Kubernetes.
    """
    _check(context)
    chosen = next((item for item in environments(context) if item.name == context.settings.environment), None)
    own = context_for(context, chosen) if chosen is not None else context_without(context)
    bundle = build(own)
    project = _Project(own, bundle)
    # With a record, even an empty one, an import knows that the variables it is not given are secrets.
    document = recorded_compose(own, {**escaped(project.document()), COMPOSE_RECORD: records.write(Patch())}, {})
    return {
        FILE: File(writer.dump(document, header=HEADER)),
        EXAMPLE: File(_example(project.references, bundle)),
    }


def _check(context: Context) -> None:
    for store in context.topology.datastores:
        if context.runs(store) and isinstance(store.deployment, Patroni) and store.deployment.etcd is None:
            message = "keeps its lease in the API of Kubernetes, which compose has not; give it etcd, or render plain"
            raise InputError(message, field=f"datastores.{store.name}.deployment.etcd")


class _Project:
    """Puts one compose file together."""

    def __init__(self, context: Context, bundle: Bundle) -> None:
        self._context = context
        services = context.topology.services
        scaled = {item.name: item.replicas for item in services}
        self.references: References = references(bundle)
        self._units = units(bundle.manifests, scaled)
        self._by_name = {unit.name: unit for unit in self._units}
        self._network: Network = network(context, bundle.manifests, self._units)
        self._of_store: dict[str, list[Unit]] = defaultdict(list)
        for unit in self._units:
            self._of_store[unit.component].append(unit)
        self._volumes = Volumes()
        self._waits = context.once(waits)

    def document(self) -> dict[str, Any]:
        """The whole file, its text not yet escaped."""
        services: dict[str, Body] = {}
        for unit in self._units:
            for name, made in self._services(unit):
                _add(services, name, made)
        for proxy in self._network.proxies:
            _add(services, proxy.name, self._proxy(proxy))
        for name, made in services.items():
            made["depends_on"] = self._dependencies(name, made, services) or None
        # A field that says nothing is left out.
        kept = {name: without_absent(made) for name, made in services.items()}
        spaces = sorted({space for made in kept.values() for space in made.get("networks", {})})
        tops = {
            "networks": {space: {} for space in spaces},
            "volumes": self._volumes.names,
            "configs": self.references.configs,
            "secrets": self.references.secrets,
        }
        return {"name": self._context.system, "services": kept, **{key: value for key, value in tops.items() if value}}

    def _services(self, unit: Unit) -> Iterator[tuple[str, Body]]:
        """The compose services of one unit: what must have run before, the main container, what runs beside it."""
        main, *beside = unit.pod["containers"]
        first = [item for item in unit.pod.get("initContainers", ()) if item["name"] not in _made(unit)]
        beside = [*(item for item in first if "restartPolicy" in item), *beside]
        before = [item for item in first if "restartPolicy" not in item]
        made = body(unit, main, self.references, self._volumes)
        others = [(f"{unit.name}.{item['name']}", self._body(unit, item)) for item in (*before, *beside)]
        ready = self._prepared(unit)
        chain = [name for name, _ in others[: len(before)]]
        lasting = unit.workload["kind"] in LASTING
        yield from ready.items()
        steps = [*ready, *chain]
        for position, (name, other) in enumerate(others):
            if position < len(before):
                waited = steps[: steps.index(name)][-1:]
                yield name, {**other, "networks": self._networks(unit, aliases=False), "after": waited, "restart": "no"}
            else:
                yield name, {**other, "network_mode": f"service:{unit.name}", "restart": "unless-stopped"}
        made["deploy"] = {
            **({"replicas": unit.replicas} if unit.replicas != 1 else {}),
            **made.get("deploy", {}),
        } or None
        made |= {
            "networks": self._networks(unit, aliases=True),
            "ports": self._network.published.get(unit.name),
            "sysctls": {item["name"]: item["value"] for item in unit.pod.get("securityContext", {}).get("sysctls", ())}
            or None,
            "restart": "unless-stopped" if lasting else "on-failure",
            "after": steps[-1:],
            COMPOSE_GENERATED_FOR: self._mark(unit),
        }
        yield unit.name, made

    def _body(self, unit: Unit, container: dict[str, Any]) -> Body:
        return {**body(unit, container, self.references, self._volumes), COMPOSE_GENERATED_FOR: self._for(unit)}

    def _prepared(self, unit: Unit) -> dict[str, Body]:
        """The container that gives volumes to the user of a pod, as Kubernetes does with ``fsGroup``."""
        owned = self._volumes.owned.get(unit.name)
        security = unit.pod.get("securityContext", {})
        if not owned or "fsGroup" not in security:
            return {}
        owner = f"{security.get('runAsUser', 0)}:{security['fsGroup']}"
        mounts = [{"type": "volume", "source": name, "target": f"/volumes/{name}"} for name in sorted(owned)]
        made = {
            "image": self._context.settings.tools.wait,
            "entrypoint": ["sh", "-c", _OWN, owner],
            "user": "0:0",
            "network_mode": "none",
            "volumes": mounts,
            "restart": "no",
            COMPOSE_GENERATED_FOR: self._for(unit),
        }
        return {f"{unit.name}.volumes": made}

    def _proxy(self, proxy: Proxy) -> Body:
        config = self.references.text(f"{proxy.name}.haproxy.cfg", proxy.configuration, f"{proxy.name}-.haproxy.cfg")
        owner = proxy.service["metadata"].get("labels", {}).get(NAME, "")
        space = namespace_of(proxy.service)
        aliases = sorted(set(self._network.aliases.get(proxy.name, ())) - {proxy.name})
        reach: Body = {"networks": {space: {"aliases": aliases}}}
        if proxy.inside is not None:
            reach = {"network_mode": f"service:{proxy.inside}"}
        return {
            "image": self._context.settings.tools.haproxy,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "configs": [{"source": config, "target": "/usr/local/etc/haproxy/haproxy.cfg"}],
            **reach,
            "restart": "unless-stopped",
            COMPOSE_GENERATED_FOR: self._address(owner),
        }

    # ------------------------------------------------------------ networks and order

    def _networks(self, unit: Unit, *, aliases: bool) -> Body:
        """The network of its namespace, with its names there, and those of what it needs."""
        names = sorted(set(self._network.aliases.get(unit.name, ())) - {unit.name}) if aliases else []
        found: Body = {unit.namespace: {"aliases": names} if names else {}}
        topology = self._context.topology
        for edge in self._context.edges_from.get(unit.component, ()):
            service, store = topology.service.get(edge.server), topology.datastore.get(edge.server)
            if service is not None:
                found.setdefault(self._context.namespace(service) or DEFAULT, {})
            elif store is not None and self._context.runs(store):
                found.setdefault(self._context.namespace(store) or DEFAULT, {})
        return found

    def _dependencies(self, name: str, made: Body, services: dict[str, Body]) -> Body:
        found = {before: {"condition": "service_completed_successfully"} for before in made.pop("after", ())}
        unit = self._by_name.get(name)
        own = unit is not None and unit.workload["metadata"]["name"] == unit.component
        for waited in self._waits.get(unit.component, ()) if unit is not None and own else ():
            for other in self._answering(waited):
                if other in services and other != name:
                    checked = "healthcheck" in services[other] and services[other]["healthcheck"] is not None
                    found[other] = {"condition": "service_healthy" if checked else "service_started"}
        return found

    def _answering(self, component: str) -> Iterator[str]:
        """The compose services that answer for a component: those behind the Service that clients use."""
        store = self._context.topology.datastore.get(component)
        if store is None:
            yield component
            return
        endpoint = datastore_endpoint(self._context, store, self._context.namespace(store))
        if endpoint is not None and self._context.runs(store):
            inner = hosts(self._context, endpoint.host, self._context.namespace(store) or DEFAULT)[-1]
            for unit in self._of_store[component]:
                if unit.name == endpoint.host or inner in self._network.aliases.get(unit.name, ()):
                    yield unit.name
            for proxy in self._network.proxies:
                if proxy.name == endpoint.host:
                    yield from (proxy.name, *proxy.behind)

    # ------------------------------------------------------------ marks

    def _mark(self, unit: Unit) -> str | None:
        """None where the compose service is what the topology knows by its name."""
        known = unit.name == unit.component and unit.generated_for is None
        return None if known else self._for(unit)

    def _for(self, unit: Unit) -> str:
        return unit.generated_for or self._address(unit.component)

    def _address(self, name: str) -> str:
        topology = self._context.topology
        component = topology.service.get(name) or topology.datastore.get(name)
        return SYSTEM if component is None else address_of(component)


def _add(services: dict[str, Body], name: str, made: Body) -> None:
    """Raises InputError where two workloads, which Kubernetes keeps apart by namespace or kind, have one name."""
    if name in services:
        raise InputError("would be two services of one compose file; rename one of them", field=name)
    services[name] = made


def _made(unit: Unit) -> frozenset[str]:
    """The init containers that only wait: conditions do it here."""
    import json

    mark = unit.workload["metadata"].get("annotations", {}).get(GENERATED)
    return frozenset(json.loads(mark).get("initContainers", ())) if mark else frozenset()


def _example(known: References, bundle: Bundle) -> str:
    """Every variable the compose file wants, with what it is for and no value."""
    about = {
        (need.namespace or DEFAULT, need.name, key.name): (key.purpose, key.recipe)
        for need in bundle.needs
        for key in need.keys
    }
    parts = [comment(f"{HEADER}\nCopy it to .env and fill it in; docker compose reads that by itself.")]
    for where, name in sorted(known.variables.items(), key=lambda item: item[1]):
        purpose, recipe = about.get(where, ("", None))
        lines = [f"{where[2]} of the Secret {where[1]}" + (f": {purpose}" if purpose else "")]
        if recipe is not None:
            lines.append(f"such as {recipe}, with a password of your own for each name in braces")
        parts.append("\n" + "".join(comment(" ".join(line.split())) for line in lines) + f"{name}=\n")
    return "".join(parts)
