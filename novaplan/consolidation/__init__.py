"""Policy x topology -> the consolidated topology, with the lineage of every part."""

from novaplan.consolidation.consolidate import consolidate
from novaplan.consolidation.policy import Policy
from novaplan.consolidation.storage import load_policy, loads_policy

__all__ = ["Policy", "consolidate", "load_policy", "loads_policy"]
