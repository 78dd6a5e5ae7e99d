"""The workload around a pod: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, or the bare Pod."""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.manifests import PREFIX, Manifest, generated, selector, without_absent
from novaplan.render.workloads import volumes
from novaplan.render.workloads.pods import Pod, pod
from novaplan.topology.service import Service

KINDS: Final[dict[str, tuple[str, str]]] = {
    "deployment": ("apps/v1", "Deployment"),
    "statefulset": ("apps/v1", "StatefulSet"),
    "daemonset": ("apps/v1", "DaemonSet"),
    "replicaset": ("apps/v1", "ReplicaSet"),
    "job": ("batch/v1", "Job"),
    "cronjob": ("batch/v1", "CronJob"),
    "pod": ("v1", "Pod"),
}
"""The object each kind of workload becomes."""

TIER: Final = PREFIX + "startup-tier"
"""Label of a workload: the tier it starts in, so that a script can start one tier after the other."""
NEVER: Final = "0 0 31 2 *"
"""The schedule of a suspended cron job: the field is required, and there is no 31 February."""


def headless(service: Service) -> str:
    """The Service that gives the pods of a StatefulSet names of their own."""
    return f"{service.name}-headless"


def workload(context: Context, service: Service, config: Manifest | None) -> Manifest:
    """The object that runs the pods of ``service``; ``config`` is its ConfigMap."""
    made = pod(context, service, config)
    api_version, kind = KINDS[service.workload]
    notes = generated(**made.generated) if made.generated else {}
    tier = {} if service.startup.tier is None else {TIER: str(service.startup.tier)}
    if service.workload == "pod":
        notes |= made.annotations
    return context.object(
        api_version,
        kind,
        service.name,
        service,
        annotations=notes,
        extra_labels=tier,
        spec=_spec(context, service, made),
    )


def _spec(context: Context, service: Service, made: Pod) -> dict[str, Any]:
    metadata = {"labels": context.labels(service.name), "annotations": made.annotations or None}
    template = {"metadata": without_absent(metadata), "spec": made.spec}
    match service.workload:
        case "pod":
            return made.spec
        case "job":
            return {"parallelism": service.replicas, "completions": service.replicas, "template": template}
        case "cronjob":
            schedule = context.settings.schedules.get(service.name)
            return {
                "schedule": schedule or NEVER,
                "suspend": schedule is None or service.replicas == 0,
                "concurrencyPolicy": "Forbid",
                "jobTemplate": {"spec": {"template": template}},
            }
    labels = {"matchLabels": selector(service.name)}
    replicas = None if service.workload == "daemonset" else _replicas(service)
    body = {"replicas": replicas, "selector": labels, **_update(service), "template": template}
    if service.workload == "statefulset":
        claims = volumes.templates(context, service)
        body = {"serviceName": headless(service), **body, "volumeClaimTemplates": claims or None}
    return without_absent(body)


def _replicas(service: Service) -> int | None:
    """Left out where an autoscaler decides, as Kubernetes advises: else each apply would undo what it decided
    (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling).
    A first apply then starts one pod, and the autoscaler raises it to the minimum within seconds."""
    decides = service.autoscaling is not None and service.replicas > 0
    return None if decides and service.workload != "daemonset" else service.replicas


def _update(service: Service) -> dict[str, Any]:
    """How a new version replaces the old one, for the kinds that do it in more than one way."""
    rollout = service.rollout
    amounts = {"maxSurge": rollout.max_surge, "maxUnavailable": rollout.max_unavailable}
    if service.workload == "deployment":
        if rollout.strategy == "recreate":
            return {"strategy": {"type": "Recreate"}}
        return {"strategy": {"type": "RollingUpdate", "rollingUpdate": amounts}}
    if service.workload == "daemonset" and rollout.strategy == "rolling" and sum(map(is_zero, amounts.values())) == 1:
        # A DaemonSet does either, never both: that is why it leaves out what a Deployment does by default.
        return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": amounts}}
    return {}


def is_zero(amount: int | str) -> bool:
    """Whether a count or a percentage is nothing."""
    return amount in (0, "0%", "00%")
