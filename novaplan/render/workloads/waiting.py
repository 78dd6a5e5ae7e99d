"""The init container that waits for what must answer first."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from novaplan.capacity.totals import pod_amounts
from novaplan.render import startup
from novaplan.render.context import Context
from novaplan.render.endpoints import Endpoint, datastore_endpoint, tcp_endpoint
from novaplan.render.security import container_security
from novaplan.render.workloads.containers import resources, seconds
from novaplan.topology.service import Compute, Resources, Service

NAME: Final = "wait-for-dependencies"
_SCRIPT = files(__package__).joinpath("wait.sh").read_text(encoding="utf-8")


def waits(context: Context) -> dict[str, tuple[str, ...]]:
    """What each service waits for."""
    topology = context.topology
    names = (*topology.service, *topology.datastore)
    answering = {name for name in names if endpoint(context, name, None)}
    return startup.waits(topology, frozenset(answering))


def endpoint(context: Context, name: str, seen_from: str | None) -> Endpoint | None:
    """Where a component answers TCP connections; None where it does not, or nothing here knows where."""
    service = context.topology.service.get(name)
    if service is not None:
        lasting = service.workload not in ("job", "cronjob") and service.replicas > 0
        return tcp_endpoint(context, service, seen_from) if lasting else None
    store = context.topology.datastore[name]
    if context.runs(store) or name in context.settings.externals:
        return datastore_endpoint(context, store, seen_from)
    return None


def waiting(context: Context, service: Service, taken: set[str]) -> dict[str, Any] | None:
    """The container that waits, None where nothing is waited for. Hosts are its arguments; its script is always the
    same text, so nothing of a topology is ever read by a shell."""
    own = context.namespace(service)
    found = [endpoint(context, name, own) for name in context.once(waits).get(service.name, ())]
    targets = [f"{one.host}:{one.port}" for one in found if one is not None]
    if not targets:
        return None
    name, number = NAME, 2
    while name in taken:
        name, number = f"{NAME}-{number}", number + 1
    limit = str(seconds(context.settings.wait_limit))
    amounts = resources(_no_more_than_the_others(context.settings.wait_resources, service))
    return {
        "name": name,
        "image": context.settings.tools.wait,
        "command": ["sh", "-c", _SCRIPT, "wait", limit, *targets],
        **({"resources": amounts} if amounts else {}),
        "securityContext": container_security(),
    }


def _no_more_than_the_others(wanted: Resources, service: Service) -> Resources:
    """What the container that waits takes: never more than the others together, so that it adds nothing to the pod."""
    pod, _ = pod_amounts(service.containers)
    requests = Compute.model_construct(
        cpu=_least(wanted.requests.cpu, pod.cpu_request_millicores),
        memory=_least(wanted.requests.memory, pod.memory_request_bytes),
    )
    limits = Compute.model_construct(
        # A limit without a request would be one.
        cpu=_least(wanted.limits.cpu, pod.cpu_limit_millicores) if requests.cpu else None,
        memory=_least(wanted.limits.memory, pod.memory_limit_bytes) if requests.memory else None,
    )
    return Resources.model_construct(requests=requests, limits=limits)


def _least(wanted: int | None, most: int) -> int | None:
    return min(wanted, most) if wanted and most else None
