"""A service as Kubernetes runs it: its controller, what scales and protects it, its account and its configuration.

``pods`` makes the template of a pod from what ``containers``, ``probes``, ``volumes``, ``variables`` and ``waiting``
say; ``controllers`` puts the workload around it, ``scaling`` the autoscaler and the disruption budget beside it.
"""

from __future__ import annotations

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from novaplan.render.workloads.configuration import config_map
from novaplan.render.workloads.controllers import workload
from novaplan.render.workloads.scaling import objects as scaling
from novaplan.topology.service import Service


def objects(context: Context, service: Service) -> list[Manifest]:
    """Every object that belongs to ``service`` alone, in the order they are applied."""
    account = context.object(
        "v1", "ServiceAccount", service.name, service, generated=True, automountServiceAccountToken=False
    )
    config = config_map(context, service)
    return [
        account,
        *([config] if config is not None else []),
        workload(context, service, config),
        *scaling(context, service),
    ]
