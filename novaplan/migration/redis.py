"""How commands reach a Redis: in its own pods, where redis-cli finds the password in ``REDISCLI_AUTH`` and no command
has to show it. Names of pods, containers, Services and scripts are those that rendering gives them."""

from __future__ import annotations

from collections.abc import Sequence

from novaplan.migration.step import Action, Gate
from novaplan.migration.texts import in_namespace, kubectl, sh
from novaplan.topology.datastore import Cluster, Datastore, Managed, Sentinel

MASTER = "mymaster"
SENTINEL_PORT = 26379


class Shell(str):
    """What the shell that kubectl runs in is to work out, not to be quoted."""

    __slots__ = ()


CONTEXT_NAMESPACE = Shell("$(kubectl config view --minify -o jsonpath={..namespace} | grep . || echo default)")
"""Where what the topology gives no namespace stands."""


def port_of(store: Datastore) -> int:
    """Where a Redis listens."""
    return store.port or 6379


def host_of(store: Datastore, name: str, domain: str = "svc") -> str:
    """The host of a Service, or of a pod, of a Redis as any namespace finds it."""
    if store.namespace is not None:
        return f"{name}.{store.namespace}.{domain}"
    return Shell(f'"{name}.{CONTEXT_NAMESPACE}.{domain}"')


def sentinel_pods(store: Datastore, deployment: Sentinel) -> list[str]:
    """Pods with a Sentinel."""
    workload = store.name if deployment.placement == "sidecar" else f"{store.name}-sentinel"
    return [f"{workload}-{index}" for index in range(deployment.sentinels)]


def in_pod(store: Datastore, pod: str, script: str, *words: str | int, container: str = "redis") -> str:
    """A script that runs in a pod of a Redis with Sentinels; ``words`` are its arguments."""
    return f"{kubectl(store.namespace, 'exec', pod, '-c', container, '--')} {_run(script, words)}"


def in_each(store: Datastore, pods: Sequence[str], script: str, *words: str | int, container: str = "redis") -> str:
    """A script that runs in several pods, one after the other, up to the first in which it fails."""
    at = sh("kubectl", *in_namespace(store.namespace), "exec")
    return f'(for pod in {sh(*pods)}; do {at} "$pod" -c {container} -- {_run(script, words)} || exit 1; done)'


def named_master(store: Datastore) -> str:
    """In a script: the host that the Sentinels call master."""
    asked = f"redis-cli -h {store.name}-sentinel -p {SENTINEL_PORT} --raw sentinel get-master-addr-by-name {MASTER}"
    return f"$({asked} | head -n 1)"


def has_numbers(store: Datastore) -> bool:
    """Whether it has DBs by number: a Redis Cluster knows but 0, and spreads the keys over its members."""
    return not isinstance(store.deployment, Cluster)


def server(store: Datastore) -> str:
    """In a script: the options of redis-cli for the server that takes writes."""
    if isinstance(store.deployment, Sentinel):
        return f"-h {named_master(store)} -p {port_of(store)}"
    return f"-h {store.name} -p {port_of(store)}" if isinstance(store.deployment, Managed) else f"-p {port_of(store)}"


def at_server(store: Datastore, *words: str | int, typed: bool = False) -> str:
    """A command where a Redis is at hand; with ``typed`` it reads what it is given."""
    said = " ".join(word if isinstance(word, Shell) else sh(word) for word in words)
    if isinstance(store.deployment, Managed):
        return said
    there = f"service/{store.name}"
    where = [f"{store.name}-0", "-c", "redis"] if isinstance(store.deployment, Sentinel) else [there]
    return f"{kubectl(store.namespace, 'exec', *(['-i'] if typed else []), *where, '--')} {said}"


def at_master(store: Datastore, asked: str) -> str:
    """What redis-cli says of the server that takes writes."""
    return at_server(store, "sh", "-c", f"redis-cli {server(store)} {asked}")


def _run(script: str, words: Sequence[str | int]) -> str:
    said = [word if isinstance(word, Shell) else sh(word) for word in words]
    return " ".join([sh("sh", "-ec", script), *(["sh", *said] if said else [])])


def measured(says: str, query: str, threshold: str, duration: int = 0) -> Gate:
    """A gate on a number that a command prints."""
    return Gate(says, "redis-cli", query, threshold, duration)


def told(says: str, *commands: str) -> Action:
    """An action of commands, one after the other."""
    return Action(says, "\n".join(commands), "redis-cli")
