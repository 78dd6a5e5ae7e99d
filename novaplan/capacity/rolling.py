"""How many pods there are at most while a Deployment is rolled out.

A rolling update of N pods may have S pods more (``max_surge``, rounded up) and U pods fewer (``max_unavailable``,
rounded down) than N, pods that are terminating not counted: the controller starts the next pod as soon as an old one
is told to stop. Until its grace period is over that old pod is there, with its connections. New pods become ready no
sooner than ``ready`` after they start; so while one old pod terminates, S + U pods are replaced at most c times, c
being grace / ready rounded up, and together there are never more than

    N + max( min(N, c (S + U)),  min(N, (c + 1) (S + U)) - U )

The first term is reached just before the first old pod is gone, the second just after. Sources: Kubernetes
documentation, "Deployments", section "Rolling Update Deployment"; Kubernetes enhancement 3973, "Consider terminating
pods in deployments".
"""

from __future__ import annotations

from novaplan.capacity.pods import replicas, share_of
from novaplan.topology.service import Rollout, Service


def steps_of(rollout: Rollout, pods: int) -> tuple[int, int]:
    """``max_surge`` rounded up and ``max_unavailable`` rounded down, of ``pods``; when both are 0 one pod may be
    unavailable, as Kubernetes resolves it."""
    surge = share_of(rollout.max_surge, pods)
    value = rollout.max_unavailable
    unavailable = value if isinstance(value, int) else pods * int(value.removesuffix("%")) // 100
    return surge, min(unavailable, pods) if surge or unavailable else min(1, pods)


def peak(pods: int, surge: int, unavailable: int, *, ready: int, grace: int) -> int:
    """The most pods there are at once, those that terminate included. ``ready`` and ``grace`` in milliseconds; new pods
    take at least the one to become ready, old ones at most the other to be gone."""
    step = surge + unavailable
    if not pods or not step:
        return pods
    if not ready:
        return 2 * pods
    waves = -(-max(grace, 1) // ready)  # even without a grace period a pod takes a moment to be gone
    before = min(pods, waves * step)
    after = min(pods, (waves + 1) * step) - unavailable
    return pods + max(before, after)


def rolled(service: Service, pods: int) -> int:
    """The most pods ``service`` has while it is rolled out at ``pods`` replicas.

    Only a Deployment that rolls starts new pods before old ones are gone: ``recreate``, stateful sets and daemon sets
    wait, and nothing else is rolled out.
    """
    if service.workload != "deployment" or service.rollout.strategy != "rolling":
        return pods
    surge, unavailable = steps_of(service.rollout, pods)
    return peak(pods, surge, unavailable, ready=ready_after(service), grace=service.termination.grace)


def surged(service: Service) -> int:
    """The pods ``service`` has at its upper bound with those that a rolling update starts first; pods that terminate
    are not counted."""
    pods = max(replicas(service, "maximum"), service.replicas)
    if not pods or service.workload != "deployment" or service.rollout.strategy != "rolling":
        return pods
    return pods + steps_of(service.rollout, pods)[0]


def ready_after(service: Service) -> int:
    """Milliseconds before which no new pod of ``service`` is ready: the longest initial delay of the readiness probes
    of its main containers; 0 without one."""
    probes = (item.probes.readiness for item in service.containers if item.kind != "init")
    return max((probe.initial_delay for probe in probes if probe is not None), default=0)
