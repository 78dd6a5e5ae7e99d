"""novaplan plans the consolidation of a microservice system: what becomes of every part, what it needs, if it fits.

    import novaplan

    current = novaplan.load("current")                # a file, or a name such as current
    policy = novaplan.load_policy("nova-consolidation")
    target = novaplan.consolidate(current, policy)
    novaplan.diff(current, target)                    # shows itself in a notebook

Everything here is defined in the module that its name is imported from below; nothing is imported before it is used.
"""

__version__ = "0.1.0"

# Not typing's own: importing typing would take a tenth of the time that `novaplan --version` has. Type checkers take
# any variable of this name to be true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from novaplan.capacity.claims.judge import judge
    from novaplan.capacity.claims.model import load_claims
    from novaplan.capacity.connections import connections
    from novaplan.capacity.cost import cost
    from novaplan.capacity.nodes import load_nodes
    from novaplan.capacity.placement.fit import fit
    from novaplan.capacity.prices import load_prices
    from novaplan.capacity.sweeps.sweep import sweep
    from novaplan.capacity.totals import totals
    from novaplan.changes.compare import diff
    from novaplan.changes.model import Diff
    from novaplan.checks.running import check_topology
    from novaplan.consolidation.consolidate import consolidate
    from novaplan.consolidation.policy import Policy
    from novaplan.consolidation.storage import load_policy
    from novaplan.errors import NovaplanError
    from novaplan.importers.compose import import_compose
    from novaplan.importers.kubernetes import import_kubernetes
    from novaplan.migration.plan import Plan
    from novaplan.migration.planning import plan
    from novaplan.migration.verify import verify
    from novaplan.render.render import render_manifests
    from novaplan.render.settings_storage import load_render_settings
    from novaplan.topology.graph import graph
    from novaplan.topology.schema import json_schema
    from novaplan.topology.storage import dumps, load, loads, save
    from novaplan.topology.system import Topology

__all__ = [
    "Diff",
    "NovaplanError",
    "Plan",
    "Policy",
    "Topology",
    "__version__",
    "check_topology",
    "connections",
    "consolidate",
    "cost",
    "diff",
    "dumps",
    "fit",
    "graph",
    "import_compose",
    "import_kubernetes",
    "json_schema",
    "judge",
    "load",
    "load_claims",
    "load_nodes",
    "load_policy",
    "load_prices",
    "load_render_settings",
    "loads",
    "plan",
    "render_manifests",
    "save",
    "sweep",
    "totals",
    "verify",
]

_HOME = {
    "Diff": "novaplan.changes.model",
    "NovaplanError": "novaplan.errors",
    "Plan": "novaplan.migration.plan",
    "Policy": "novaplan.consolidation.policy",
    "Topology": "novaplan.topology.system",
    "check_topology": "novaplan.checks.running",
    "connections": "novaplan.capacity.connections",
    "consolidate": "novaplan.consolidation.consolidate",
    "cost": "novaplan.capacity.cost",
    "diff": "novaplan.changes.compare",
    "dumps": "novaplan.topology.storage",
    "fit": "novaplan.capacity.placement.fit",
    "graph": "novaplan.topology.graph",
    "import_compose": "novaplan.importers.compose",
    "import_kubernetes": "novaplan.importers.kubernetes",
    "json_schema": "novaplan.topology.schema",
    "judge": "novaplan.capacity.claims.judge",
    "load": "novaplan.topology.storage",
    "load_claims": "novaplan.capacity.claims.model",
    "load_nodes": "novaplan.capacity.nodes",
    "load_policy": "novaplan.consolidation.storage",
    "load_prices": "novaplan.capacity.prices",
    "load_render_settings": "novaplan.render.settings_storage",
    "loads": "novaplan.topology.storage",
    "plan": "novaplan.migration.planning",
    "render_manifests": "novaplan.render.render",
    "save": "novaplan.topology.storage",
    "sweep": "novaplan.capacity.sweeps.sweep",
    "totals": "novaplan.capacity.totals",
    "verify": "novaplan.migration.verify",
}


def __getattr__(name: str) -> object:
    """A public name, imported when it is first used (PEP 562): `import novaplan` alone costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _show_pictures() -> None:
    """In a notebook, values show themselves with a picture."""
    import sys

    if "IPython" in sys.modules:
        from novaplan.diagrams.notebook import register

        register()


_show_pictures()
