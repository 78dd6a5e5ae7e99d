"""A datastore that is highly available fails over when any one server, or its node, is lost.

What is left after each loss is counted: Sentinels beside the servers go with them, an etcd of one or two members loses
its majority with a node, a new master may not have the replicas that it needs to take writes.
Source: the bounds that were measured by killing both, see ``novaplan/capacity/recovery.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.capacity.recovery import of_datastore
from novaplan.capacity.recovery_model import default_recovery_model
from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "error"
_WORDS = {"killed": "its leading server is killed", "silent": "the node of its leading server falls silent"}


def topology(system: System) -> Iterator[Found]:
    """Datastores that are deployed to survive a loss."""
    model = default_recovery_model()
    for store in system.topology.datastores:
        lost = [item for item in of_datastore(store, model) if item.never and item.scenario in _WORDS]
        if store.highly_available and lost:
            reasons = {item.never: item for item in reversed(lost)}
            for reason, item in reasons.items():
                text = f"does not fail over when {_WORDS[item.scenario]}: {reason}"
                yield Found(store.name, text, "run enough members and voters that one of each may be lost")
