"""What a topology costs per month, component by component, as exact decimal money.

A component costs what it requests: its vCPUs, its memory and its storage, each times the price of one unit. Nothing is
rounded on the way; what is shown is rounded by itself to 0.01 of the currency, halves up. A total is rounded from the
exact sum, so it may differ by cents from the sum of the rounded rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from novaplan.capacity.prices import Prices
from novaplan.capacity.totals import Amounts, Component, ComponentKind, totals
from novaplan.errors import InputError
from novaplan.tables import Table
from novaplan.topology.datastore import Managed
from novaplan.topology.system import Topology

if TYPE_CHECKING:
    import pandas

FORMAT = "novaplan/cost/v1"
CENT = Decimal("0.01")
# Amounts are below 2^63 and a division by 2^30 adds 30 places, prices below 10^12 with 12 places: this holds every
# product and every sum of them exactly.
_PLACES = 120
_GIB = Decimal(2**30)
_MILLI = Decimal(1000)


@dataclass(frozen=True, slots=True)
class ComponentCost:
    """What one component costs per month, exactly, in the currency of the prices."""

    name: str
    """A service, a datastore, or a helper as ``postgres/etcd``."""
    kind: ComponentKind
    optional: bool
    cpu: Decimal
    memory: Decimal
    storage: Decimal
    unknown: str = ""
    """Why it costs more than it says, or nothing: what is not stated, or who else runs it."""

    @property
    def total(self) -> Decimal:
        """CPU, memory and storage together."""
        return _sum((self.cpu, self.memory, self.storage))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; money is text with two decimal places, so that no reader makes a float of it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "optional": self.optional,
            **{f"{name}_per_month": _text(getattr(self, name)) for name in _SHARES},
            "unknown": self.unknown,
        }


_SHARES = ("cpu", "memory", "storage", "total")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a topology costs per month at its current replica counts, optional components included."""

    topology: str
    """Name of the topology."""
    prices: Prices
    components: tuple[ComponentCost, ...]

    @property
    def total(self) -> Decimal:
        """All components together, exactly."""
        return _sum(item.total for item in self.components)

    @property
    def optional(self) -> Decimal:
        """The share of the total that the optional components cost."""
        return _sum(item.total for item in self.components if item.optional)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Components that cost more than is known; the total is at least what it says."""
        return tuple(item.name for item in self.components if item.unknown)

    def table(self) -> Table:
        """One row for each component, and the total."""
        columns = ("component", "kind", *_SHARES, "not counted")
        rows = [_row(item.name, item.kind, item, item.unknown) for item in self.components]
        rows.append(_row("total, at least" if self.unknown else "total", "", self.whole, ""))
        return Table(_title(f"{self.topology}: cost", self.prices), columns, tuple(rows))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the prices it was computed from and whether those are examples."""
        return {
            "format": FORMAT,
            "topology": self.topology,
            "currency": self.prices.currency,
            "example": bool(self.prices.examples),
            "prices": [
                {"name": name, "amount": str(price.amount), "example": price.example, "source": price.source}
                for name, price in self.prices.each.items()
            ],
            "rounding": "each figure by itself to 0.01, halves up",
            "components": [item.to_dict() for item in self.components],
            "total": {f"{name}_per_month": _text(getattr(self.whole, name)) for name in _SHARES},
            "optional_per_month": _text(self.optional),
            "unknown": list(self.unknown),
        }

    def frame(self) -> pandas.DataFrame:
        """A pandas DataFrame of the components, money as exact ``Decimal``; ``attrs`` holds currency and example.

        Raises ``MissingExtraError`` when pandas is not installed.
        """
        columns = ("component", "kind", "optional", *(f"{name}_per_month" for name in _SHARES), "unknown")
        rows = tuple(
            (item.name, item.kind, item.optional, *(getattr(item, name) for name in _SHARES), item.unknown)
            for item in self.components
        )
        frame = Table("", columns, rows).frame()
        frame.attrs |= {"currency": self.prices.currency, "example": bool(self.prices.examples)}
        return frame

    @property
    def whole(self) -> ComponentCost:
        """The whole topology as if it were one component."""
        cpu, memory, storage = (_sum(getattr(item, name) for item in self.components) for name in _SHARES[:3])
        return ComponentCost("total", "service", False, cpu, memory, storage, ", ".join(self.unknown))

    def _repr_html_(self) -> str:
        return self.table().html()


def cost(topology: Topology, prices: Prices) -> Cost:
    """What ``topology`` costs per month at ``prices``: services first, then each datastore followed by its helpers."""
    managed = {store.name: store.deployment for store in topology.datastores if isinstance(store.deployment, Managed)}
    components = []
    for component in totals(topology).components:
        deployment = managed.get(component.name) if component.kind == "datastore" else None
        components.append(_component(component, prices, deployment))
    return Cost(topology.name, prices, tuple(components))


def side_by_side(costs: Sequence[Cost]) -> Table:
    """Several topologies beside each other, one row for each component; two of them with their difference, where both
    sides are known.

    Raises ``InputError`` when there is none, or when their prices differ: then nothing is comparable.
    """
    if not costs:
        raise InputError("there is no cost to show; hand over at least one")
    if any(item.prices != costs[0].prices for item in costs):
        raise InputError("costs at different prices cannot stand side by side; compute them from one file of prices")
    names = list(dict.fromkeys(part.name for item in costs for part in item.components))
    by_name = [{part.name: part for part in item.components} for item in costs]
    rows = [(name, *_beside([known.get(name) for known in by_name])) for name in names]
    rows.append(("total", *_beside([item.whole for item in costs])))
    columns = ("component", *(item.topology for item in costs), *(["difference"] if len(costs) == 2 else []))
    return Table(_title("Cost", costs[0].prices), columns, tuple(rows))


def money(amount: Decimal) -> Decimal:
    """``amount`` rounded to 0.01 of the currency, halves up: what every shown figure has gone through."""
    with localcontext(prec=_PLACES):
        return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def prices_of(amounts: Amounts, prices: Prices) -> tuple[Decimal, Decimal, Decimal]:
    """What the requested CPU, the requested memory and the storage of ``amounts`` cost per month, exactly."""
    with localcontext(prec=_PLACES):
        return (
            amounts.cpu_request_millicores / _MILLI * prices.vcpu_month.amount,
            amounts.memory_request_bytes / _GIB * prices.memory_gib_month.amount,
            amounts.storage_bytes / _GIB * prices.storage_gib_month.amount,
        )


def total_of(amounts: Amounts, prices: Prices) -> Decimal:
    """What ``amounts`` cost per month in all, exactly."""
    return _sum(prices_of(amounts, prices))


def _component(component: Component, prices: Prices, managed: Managed | None) -> ComponentCost:
    unknown = ", ".join(_UNSTATED[name] for name in component.unstated if name in _UNSTATED)
    if managed is not None:
        unknown = f"run by {managed.provider or 'a provider'}"
    cpu, memory, storage = prices_of(component.amounts, prices)
    return ComponentCost(component.name, component.kind, component.optional, cpu, memory, storage, unknown)


_UNSTATED = {"cpu_request_millicores": "CPU", "memory_request_bytes": "memory"}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext(prec=_PLACES):
        return sum(amounts, Decimal(0))


def _text(amount: Decimal) -> str:
    return f"{money(amount):f}"


def _row(name: str, kind: str, item: ComponentCost, unknown: str) -> tuple[str, ...]:
    return (name, kind, *(_text(getattr(item, share)) for share in _SHARES), unknown)


def _beside(parts: Sequence[ComponentCost | None]) -> tuple[str | None, ...]:
    """The totals of one component on each side; a difference only where both sides are known."""
    shown = [None if part is None else _bounded(part) for part in parts]
    if len(parts) == 2:
        before, after = (part.total if part is not None else Decimal(0) for part in parts)
        known = not any(part is not None and part.unknown for part in parts)
        shown.append(_text(_sum((after, -before))) if known else None)
    return tuple(shown)


def _bounded(part: ComponentCost) -> str:
    if not part.unknown:
        return _text(part.total)
    return f"at least {_text(part.total)}" if part.total else "not known"


def _title(what: str, prices: Prices) -> str:
    names = prices.examples
    which = "" if len(names) == len(prices.each) else f": {', '.join(names)}"
    label = f" (example prices{which})" if names else ""
    return f"{what} per month in {prices.currency}{label}"
