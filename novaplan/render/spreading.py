"""How the pods of one workload keep away from each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from novaplan.topology.service import Spread

_HOST: Final = "kubernetes.io/hostname"
_ZONE: Final = "topology.kubernetes.io/zone"


def spreading(spread: Spread, labels: Mapping[str, str], *, rolls: bool = False) -> dict[str, Any]:
    """The fields of a pod that keep it away from others with ``labels``.

    Pods that keep apart are spread evenly too, over zones where they keep apart on nodes and the other way round; that
    is a wish, so no pod waits for it. ``rolls`` counts the pods of one revision of a Deployment alone.
    """
    if spread.anti_affinity == "none":
        return {}
    selector = {"matchLabels": dict(labels)}
    term = {"labelSelector": selector, "topologyKey": spread.topology_key}
    if spread.anti_affinity == "required":
        rules: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    else:
        rules = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}
    evenly: dict[str, Any] = {
        "maxSkew": 1,
        "topologyKey": _HOST if spread.topology_key == _ZONE else _ZONE,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": selector,
    }
    if rolls:
        evenly["matchLabelKeys"] = ["pod-template-hash"]
    return {"affinity": {"podAntiAffinity": rules}, "topologySpreadConstraints": [evenly]}
