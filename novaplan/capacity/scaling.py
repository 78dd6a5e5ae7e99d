"""From load to replicas: what the horizontal pod autoscaler makes of it, and how long requests then wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from novaplan.capacity.load import LoadModel, ServiceLoad
from novaplan.capacity.queueing import Queue, breaking_utilisation
from novaplan.capacity.totals import pod_amounts
from novaplan.errors import InputError
from novaplan.tables import Table
from novaplan.topology.base import replace
from novaplan.topology.service import Autoscaling, Container, Service
from novaplan.topology.system import Topology

if TYPE_CHECKING:
    import pandas

FORMAT = "novaplan/load-plan/v1"
MOST_MONTHS = 600
_MOST_REPLICAS = 2**31 - 1  # an int32 in Kubernetes
_NOT_SCALED = ("daemonset", "job", "cronjob", "pod")
"""Workloads without a replica count that an autoscaler could set."""


def hpa_replicas(
    current: int, metric: Fraction, target: Fraction, *, bounds: tuple[int, int], tolerance: Fraction = Fraction(1, 10)
) -> int:
    """Replicas that the horizontal pod autoscaler asks for: ceil(current x metric / target), within ``bounds``.

    ``metric`` is the mean over the current pods and ``target`` what it should be, both in one unit. While their ratio
    is within ``tolerance`` of 1 nothing changes; a workload at 0 replicas is not scaled. Source: Kubernetes
    documentation, "Horizontal Pod Autoscaling", section "Algorithm details"; the default tolerance is the controller's
    own (0.1). Exact: a ratio of 2 asks for no third pod. Raises ``InputError`` when a figure makes no sense.
    """
    low, high = bounds
    if current < 0 or metric < 0 or target <= 0 or tolerance < 0 or not 1 <= low <= high:
        raise InputError("an autoscaler needs counts and a metric from 0 up, a target above 0, and 1 <= min <= max")
    if current == 0:
        return 0
    ratio = Fraction(metric) / Fraction(target)
    wanted = current if abs(ratio - 1) <= tolerance else math.ceil(current * ratio)
    return min(max(wanted, low), high)


@dataclass(frozen=True)
class ScaledService:
    """One service under load. Rates are per second, exact."""

    service: Service
    """As it is scaled."""
    load: ServiceLoad
    peak: Fraction
    """Requests per second in the busiest minutes."""
    replicas_before: int
    needed: int
    """Replicas that the peak takes, whatever the bounds; without an autoscaler, so many that no pod uses more CPU than
    it requests."""
    note: str = ""
    """Why the autoscaler does not act, where there is one and it does not."""

    @property
    def replicas(self) -> int:
        """Replicas at the peak."""
        return self.service.replicas

    @property
    def utilisation(self) -> float:
        """CPU used at the peak over CPU requested, 1.0 for all of it; infinite when there is load and no pod."""
        able = self.replicas * Fraction(self.load.requests_per_second_per_pod)
        return float(self.peak / able) if able else (math.inf if self.peak else 0.0)

    @property
    def throttled(self) -> bool:
        """The peak takes more CPU than the limits of the pods allow: requests come out slower than the load model
        says, or not at all."""
        pod, unstated = pod_amounts(self.service.containers)
        stated = "cpu_limit_millicores" not in unstated and pod.cpu_request_millicores > 0
        return stated and self.utilisation * pod.cpu_request_millicores > pod.cpu_limit_millicores

    @property
    def short(self) -> int:
        """Replicas that are needed and not allowed."""
        return max(0, self.needed - self.replicas)

    @cached_property
    def queue(self) -> Queue | None:
        """The queue a request meets at the peak; None where the load model states none, or no pod runs."""
        queueing = self.load.queueing
        if queueing is None or not self.replicas:
            return None
        pods = self.replicas if queueing.balancing == "shared" else 1
        rate = float(self.peak * pods / self.replicas)
        return Queue(pods * queueing.workers, rate, float(queueing.service_time_ms) / 1000)

    @property
    def latency(self) -> float | None:
        """Seconds within which the stated percentile of the requests is answered; infinite when the line never ends."""
        if self.queue is None or self.load.queueing is None:
            return None
        return self.queue.sojourn_quantile(self.load.queueing.percentile / 100)

    @property
    def latency_limit(self) -> float | None:
        """Seconds, as the load model states them."""
        queueing = self.load.queueing
        limit = queueing.latency_limit_ms if queueing is not None else None
        return float(limit) / 1000 if limit is not None else None

    @property
    def breaks_at(self) -> float | None:
        """Utilisation of the workers above which the latency limit breaks; None without a limit or a queue, and 0 when
        even an idle system breaks it."""
        if self.queue is None or self.latency_limit is None or self.load.queueing is None:
            return None
        share = self.load.queueing.percentile / 100
        return breaking_utilisation(self.queue.servers, self.queue.service_time, self.latency_limit, share) or 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known is null, and so are times without end, where ``stable`` is false."""
        queue = self.queue
        return {
            "name": self.service.name,
            "requests_per_second": str(self.load.requests_per_second),
            "peak_requests_per_second": _rounded(float(self.peak)),
            "replicas_before": self.replicas_before,
            "replicas_needed": self.needed,
            "replicas": self.replicas,
            "utilisation": _rounded(self.utilisation),
            "stable": queue.utilisation < 1 if queue else None,
            "workers_utilisation": _rounded(queue.utilisation) if queue else None,
            "waiting_probability": _rounded(queue.waiting_probability) if queue else None,
            "mean_wait_seconds": _rounded(queue.mean_wait) if queue else None,
            "latency_percentile": self.load.queueing.percentile if self.load.queueing else None,
            "latency_seconds": _rounded(self.latency),
            "latency_limit_seconds": self.latency_limit,
            "latency_breaks_at_utilisation": _rounded(self.breaks_at),
            "throttled": self.throttled,
            "note": self.note,
            "example": self.load.example,
            "source": self.load.source,
        }


@dataclass(frozen=True)
class LoadPlan:
    """A topology under load: as many replicas as its autoscalers settle on at the peak."""

    topology: Topology
    """With those replicas; its totals and its cost are those of the peak."""
    services: tuple[ScaledService, ...]
    """The services of the load model."""
    unmodelled: tuple[str, ...]
    """Services that the load model says nothing about; they keep the replicas they have."""

    @property
    def example(self) -> bool:
        """Some of the loads are examples."""
        return any(item.load.example for item in self.services)

    def table(self) -> Table:
        """One row for each service of the load model."""
        columns = ("service", "peak/s", "before", "needed", "replicas", "CPU", "latency", "limit", "breaks at", "note")
        label = " (example loads)" if self.example else ""
        return Table(f"{self.topology.name}: replicas under load{label}", columns, tuple(map(_row, self.services)))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "format": FORMAT,
            "topology": self.topology.name,
            "example": self.example,
            "services": [item.to_dict() for item in self.services],
            "unmodelled": list(self.unmodelled),
        }

    def frame(self) -> pandas.DataFrame:
        """A pandas DataFrame with the fields of ``to_dict``. Raises ``MissingExtraError`` without pandas."""
        rows = [item.to_dict() for item in self.services]
        return Table("", tuple(rows[0]), tuple(tuple(row.values()) for row in rows)).frame()

    def _repr_html_(self) -> str:
        return self.table().html()


def under_load(
    topology: Topology, model: LoadModel, *, multiplier: int | float | str | Decimal | Fraction = 1, months: int = 0
) -> LoadPlan:
    """``topology`` at the peak of ``model``, ``months`` from now, with ``multiplier`` times the requests.

    Raises ``UnknownNameError`` when the model names a service that the topology lacks, and ``InputError`` when the
    multiplier or the months make no sense.
    """
    times = read_multiplier(multiplier)
    require_months(months)
    loads = model.of(topology)
    tolerance = Fraction(model.tolerance_percent, 100)
    scaled = {
        service.name: _scaled(service, loads[service.name], times, months, tolerance)
        for service in topology.services
        if service.name in loads
    }
    unmodelled = tuple(service.name for service in topology.services if service.name not in loads)
    return LoadPlan(with_services(topology, _changed(scaled)), tuple(scaled.values()), unmodelled)


def with_services(topology: Topology, changed: Mapping[str, Service]) -> Topology:
    """A copy of ``topology`` in which some services, by name, are other values."""
    if not changed:
        return topology
    # Not a copy of the value as it stands: what it has computed of itself (its services by name) would come along.
    fields = {name: getattr(topology, name) for name in Topology.model_fields}
    fields["services"] = tuple(changed.get(service.name, service) for service in topology.services)
    return Topology.model_construct(**fields)


def _changed(scaled: Mapping[str, ScaledService]) -> dict[str, Service]:
    return {name: item.service for name, item in scaled.items() if item.replicas != item.replicas_before}


def require_months(months: object) -> None:
    """Raise ``InputError`` unless ``months`` is a number of months that growth can be computed for."""
    if isinstance(months, bool) or not isinstance(months, int) or not 0 <= months <= MOST_MONTHS:
        raise InputError(f"months should be a whole number from 0 to {MOST_MONTHS}, not {months!r}")


def read_multiplier(value: int | float | str | Decimal | Fraction) -> Fraction:
    """A multiplier of the load, exactly as it is written. Raises ``InputError``."""
    try:
        # By way of its text, so that 1.1 means eleven tenths.
        times = value if isinstance(value, Fraction) else Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        times = Fraction(-1)
    if times < 0 or isinstance(value, bool):
        raise InputError(f"a load multiplier should be a number from 0 up, not {value!r}")
    return times


def _scaled(service: Service, load: ServiceLoad, times: Fraction, months: int, tolerance: Fraction) -> ScaledService:
    peak = load.peak(times, months)
    per_pod = Fraction(load.requests_per_second_per_pod)
    before, scaling = service.replicas, service.autoscaling
    note = _idle(service)
    if scaling is None or scaling.cpu_percent is None or note:
        return ScaledService(service, load, peak, before, math.ceil(peak / per_pod), note)
    target = Fraction(scaling.cpu_percent, 100)
    # Usage of the current pods; how many there are cancels out, but for the tolerance.
    usage = peak / per_pod / before
    replicas = hpa_replicas(before, usage, target, bounds=(scaling.min, scaling.max), tolerance=tolerance)
    needed = hpa_replicas(before, usage, target, bounds=(1, max(before, _MOST_REPLICAS)), tolerance=tolerance)
    changed = service if replicas == before else replace(service, replicas=replicas)
    return ScaledService(changed, load, peak, before, needed)


def _idle(service: Service) -> str:
    """Why the autoscaler of a service, if it has one, does not act on its CPU usage."""
    scaling: Autoscaling | None = service.autoscaling
    if scaling is None:
        return ""
    if service.workload in _NOT_SCALED:
        return f"a {service.workload} is not scaled"
    if service.replicas == 0:
        return "switched off: at 0 replicas nothing is scaled"
    if scaling.cpu_percent is None:
        return "not scaled by CPU: kept as it is"
    if not service.containers or any(map(_requests_no_cpu, service.containers)):
        return "a container requests no CPU, so its usage is undefined and nothing is scaled"
    return ""


def _requests_no_cpu(container: Container) -> bool:
    """A container that runs all the time, without a request and without a limit that would stand in for it.

    Source: Kubernetes documentation, "Horizontal Pod Autoscaling": the autoscaler takes no action for a metric when a
    container of the pod lacks the request.
    """
    resources = container.resources
    return container.kind != "init" and resources.requests.cpu is None and resources.limits.cpu is None


def _rounded(value: float | None) -> float | None:
    return round(value, 6) if value is not None and math.isfinite(value) else None


def _row(item: ScaledService) -> tuple[Any, ...]:
    return (
        item.service.name,
        f"{float(item.peak):.1f}",
        item.replicas_before,
        item.needed,
        item.replicas,
        _percent(item.utilisation),
        _milliseconds(item.latency),
        _milliseconds(item.latency_limit),
        _percent(item.breaks_at),
        _remark(item),
    )


def _remark(item: ScaledService) -> str:
    found = [item.note] if item.note else []
    if item.short:
        found.append("short of replicas")
    if item.throttled:
        found.append("throttled at its CPU limit")
    return "; ".join(found)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:.0f} %" if math.isfinite(share) else "no pod"


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds * 1000:.0f} ms" if math.isfinite(seconds) else "endless"
