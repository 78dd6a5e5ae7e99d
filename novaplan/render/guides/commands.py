"""Commands that a guide shows: every name in them is one that was rendered, and quoted for the shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.datastores.postgres.names import REST_PORT, SUPERUSER
from novaplan.render.datastores.postgres.patroni import RUN
from novaplan.render.endpoints import datastore_endpoint, service_endpoint
from novaplan.render.guides.facts import Facts
from novaplan.render.guides.leaders import question
from novaplan.render.guides.workloads import Workload
from novaplan.topology.datastore import Datastore, Patroni, Sentinel
from novaplan.topology.service import Probe, Service


def kube(namespace: str | None, *words: str) -> str:
    """A kubectl command in a namespace."""
    return shlex.join(["kubectl", *(["-n", namespace] if namespace else []), *words])


def apply(file: str) -> str:
    """Applies one file."""
    return shlex.join(["kubectl", "apply", f"--filename={file}"])


apply_values: Final = "kubectl apply --server-side --field-manager=novaplan-values --filename=../FOLDER-secrets.yaml"
"""Applies the values that ``--secrets generate`` made beside the folder."""


def default_class(name: str) -> str:
    """Makes a storage class the default one."""
    mark = '{"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}'
    return kube(None, "patch", "storageclass", name, f"--patch={mark}")


def ready(item: Workload) -> str:
    """Waits until a workload is ready, as long as the script does."""
    limit = f"--timeout={item.seconds}s"
    if item.kind in ("Deployment", "StatefulSet", "DaemonSet"):
        return kube(item.namespace, "rollout", "status", item.reference, limit)
    if item.kind in ("Job", "Pod"):
        state = "complete" if item.kind == "Job" else "ready"
        return kube(item.namespace, "wait", f"--for=condition={state}", item.reference, limit)
    return kube(item.namespace, "get", item.reference)


def leader(facts: Facts, store: Datastore) -> str | None:
    """Asks who leads a datastore."""
    asked = question(facts, store)
    if asked is None:
        return None
    return kube(asked.namespace, "exec", asked.pod, f"--container={asked.container}", "--", *asked.command)


@dataclass(frozen=True, slots=True)
class Failover:
    """How to see a datastore fail over."""

    store: str
    kind: str
    leader: str
    """Asks who leads."""
    name: str
    """Keeps the name of the leading pod in a variable."""
    delete: str
    """Deletes that pod."""
    slots: str | None
    """Shows replication slots on the leader, where there are some."""


def failover(facts: Facts, store: Datastore) -> Failover | None:
    """None where nobody is elected."""
    asked = leader(facts, store)
    if asked is None:
        return None
    namespace = facts.context.namespace(store)
    if isinstance(store.deployment, Sentinel):
        name, slots = f"leader=$({asked} | head -n 1 | cut -d . -f 1)", None
    else:
        listed = asked.removesuffix("list") + "list --format=tsv"
        name = f"leader=$({listed} | awk -F '\\t' '$4 == \"Leader\" {{print $2}}')"
        slots = _slots(facts, store)
    delete = kube(namespace, "delete", "pod") + ' "$leader"'
    return Failover(store.name, store.kind, asked, name, delete, slots)


def _slots(facts: Facts, store: Datastore) -> str | None:
    deployment = store.deployment
    if not isinstance(deployment, Patroni) or not deployment.slots:
        return None
    container = next((found for item in facts.of(store.name) if (found := item.listening(REST_PORT))), None)
    query = "select slot_name, active, restart_lsn from pg_replication_slots"
    psql = shlex.join(
        [f"--container={container}", "--", "psql", f"--host={RUN}", f"--username={SUPERUSER}", "--command", query]
    )
    return f'{kube(facts.context.namespace(store), "exec")} "$leader" {psql}'


@dataclass(frozen=True, slots=True)
class Health:
    """How to ask a service for its health."""

    service: str
    forward: str
    curl: str


def healths(facts: Facts) -> list[Health]:
    """For each service with a health check by HTTP: from this machine, by a port that kubectl forwards."""
    found, ports = [], LocalPorts()
    for service in facts.context.topology.services:
        probe, work = _http_probe(service), next(iter(facts.of(service.name)), None)
        port = _number(service, probe)
        if probe is None or port is None or work is None or work.kind in ("CronJob", "DaemonSet"):
            continue
        here = ports.free(port)
        forward = kube(work.namespace, "port-forward", work.reference, f"{here}:{port}")
        curl = shlex.join(["curl", "--fail", f"http://127.0.0.1:{here}{probe.path or '/'}"])
        found.append(Health(service.name, forward, curl))
    return found


def forwards(facts: Facts) -> list[str]:
    """A command for each service that makes it answer on this machine."""
    found, ports = [], LocalPorts()
    for service in facts.context.topology.services:
        endpoint = service_endpoint(facts.context, service, facts.context.namespace(service))
        if endpoint is not None and facts.reached(service.name, facts.context.namespace(service)):
            pair = f"{ports.free(endpoint.port)}:{endpoint.port}"
            namespace = facts.context.namespace(service)
            found.append(kube(namespace, "port-forward", f"service/{service.name}", pair))
    return found


class LocalPorts:
    """Ports of this machine, each given away once; not those that only root may open."""

    def __init__(self) -> None:
        self._after: dict[int, int] = {}
        """Where to look on from each port that is given away."""

    def free(self, wanted: int) -> int:
        """The wanted one where it is free, else the next one that is."""
        port, passed = wanted if wanted >= 1024 else 8000 + wanted, []
        while port in self._after:
            passed.append(port)
            port = self._after[port]
        self._after.update(dict.fromkeys(passed, port))
        self._after[port] = port + 1 if port < 65535 else 1024
        return port


def _http_probe(service: Service) -> Probe | None:
    main = service.main
    probes = (main.probes.readiness, main.probes.startup, main.probes.liveness) if main is not None else ()
    return next((item for item in probes if item is not None and item.type == "http"), None)


def _number(service: Service, probe: Probe | None) -> int | None:
    if probe is None:
        return None
    if isinstance(probe.port, int):
        return probe.port
    return next((item.listens_on for item in service.ports if item.name == probe.port), None)


def health_from_another(facts: Facts) -> tuple[str, str, str] | None:
    """Client, server, and the command that asks the server for its health from a pod of the client, which the network
    lets through; None where no service calls another one over HTTP."""
    services = facts.context.topology.service
    for edge in facts.context.topology.dependencies:
        client, server = services.get(edge.client), services.get(edge.server)
        if client is None or server is None or edge.possible or client.workload != "deployment":
            continue
        probe = _http_probe(server)
        port = next((item.port for item in server.ports if item.listens_on == _number(server, probe)), None)
        endpoint = service_endpoint(facts.context, server, facts.context.namespace(client))
        if probe is None or port is None or endpoint is None or port != endpoint.port:
            continue
        url = f"http://{endpoint.host}:{port}{probe.path or '/'}"
        image = facts.context.settings.tools.wait
        return client.name, server.name, _inside(facts, client, image, "wget", "-q", "-O", "-", url)
    return None


def database_from_pod(facts: Facts) -> tuple[str, str, str] | None:
    """Service, datastore, and the command that knocks at the database from a pod of the service."""
    context = facts.context
    for edge in context.topology.dependencies:
        store, client = context.topology.datastore.get(edge.server), context.topology.service.get(edge.client)
        if store is None or client is None or store.kind != "postgres" or not context.runs(store):
            continue
        endpoint = datastore_endpoint(context, store, context.namespace(client))
        if endpoint is None or client.workload != "deployment":
            continue
        words = ("pg_isready", f"--host={endpoint.host}", f"--port={endpoint.port}")
        return client.name, store.name, _inside(facts, client, _server_image(context, store), *words)
    return None


def _server_image(context: Context, store: Datastore) -> str:
    return context.settings.images.get(store.name) or store.image or context.settings.tools.patroni


def _inside(facts: Facts, client: Service, image: str, *words: str) -> str:
    """Runs a command in a container that joins a pod of ``client`` for as long as it takes."""
    namespace, work = facts.context.namespace(client), facts.of(client.name)[0]
    pod = kube(namespace, "get", "pods", f"--selector={work.selector}", "--output=name") + " | head -n 1"
    head = kube(namespace, "debug", "--stdin", "--tty", "--profile=restricted", f"--image={image}")
    return f'{head} "$({pod})" -- {shlex.join(words)}'


def secret_commands(facts: Facts) -> list[dict[str, Any]]:
    """For each key that a person supplies: the Secret, the key, and a command that gives it a value."""
    found = []
    for need in facts.needs:
        given = [key for key in need.keys if key.recipe is None]
        if given and need.type == "kubernetes.io/tls":
            command = kube(need.namespace, "create", "secret", "tls", need.name, "--cert=tls.crt", "--key=tls.key")
            found.append({"need": need, "keys": given, "command": command})
        elif given:
            command = kube(need.namespace, "patch", "secret", need.name, "--patch-file=values.json")
            found.append({"need": need, "keys": given, "command": command})
    return found
