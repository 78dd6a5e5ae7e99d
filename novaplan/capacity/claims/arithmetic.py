"""A total, term by term: how many pods of what take how much each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from novaplan.capacity.claims.values import Kind, show
from novaplan.capacity.pods import Count, replicas
from novaplan.capacity.totals import container_amount, pod_amounts, proxy_of
from novaplan.topology.datastore import Datastore, Patroni, Sentinel
from novaplan.topology.service import Resources, Service

KINDS: dict[str, Kind] = {
    "pods": "count",
    "cpu_request_millicores": "millicores",
    "cpu_limit_millicores": "millicores",
    "memory_request_bytes": "bytes",
    "memory_limit_bytes": "bytes",
    "storage_bytes": "bytes",
}
"""The figures of the totals, and what each counts."""


@dataclass(frozen=True, slots=True)
class Share:
    """``times`` pods or volumes of one component, and what each of their containers takes."""

    name: str
    """A service, a datastore, or a helper as ``postgres/etcd``."""
    times: int
    each: tuple[int, ...]
    """Of one pod: the main container first, then what runs beside it."""
    optional: bool = False
    stated: bool = True
    """Every container states the figure; one that does not counts 0."""
    inside: bool = False
    """Containers in the pods of a datastore, no pods of their own."""

    @property
    def of_one(self) -> int:
        """What one pod takes."""
        return sum(self.each)

    @property
    def value(self) -> int:
        """What all take."""
        return self.times * self.of_one

    def words(self, kind: Kind, *, main_only: bool = False) -> str:
        """``redis 3 x (100m + 50m)``."""
        each = [amount for amount in (self.each[:1] if main_only else self.each) if amount]
        if kind == "count":
            return f"{self.name} {self.times}"
        if not each:
            return f"{self.name} {self.times} x {'0' if self.stated else '?'}"
        amounts = " + ".join(show(kind, amount) for amount in each)
        return f"{self.name} {self.times} x {f'({amounts})' if len(each) > 1 else amounts}"


def total(shares: Iterable[Share]) -> int:
    """What all shares take together."""
    return sum(share.value for share in shares)


def sentence(shares: Sequence[Share], kind: Kind) -> str:
    """``redis 3 x (100m + 50m) = 450m``; shares of nothing are left out."""
    shown = [share for share in shares if share.times and (share.value or not share.stated)]
    value = show(kind, total(shares))
    terms = " + ".join(share.words(kind) for share in shown)
    return f"{terms} = {value}" if terms else f"nothing = {value}"


def shares_of(part: Service | Datastore, figure: str, count: Count) -> Iterator[Share]:
    """What ``part`` takes of ``figure``: the pods of a service, or the members of a datastore and then its helpers.

    The sum is what the totals say.
    """
    if isinstance(part, Service):
        yield from _of_service(part, figure, replicas(part, count))
    else:
        yield from _of_datastore(part, figure)


def _of_service(service: Service, figure: str, number: int) -> Iterator[Share]:
    if figure == "pods":
        yield Share(service.name, number, (1,), service.optional)
    elif figure == "storage_bytes":
        for volume in service.volumes:
            times = number if volume.per_replica else 1
            yield Share(service.name, times, (volume.size or 0,), service.optional, stated=volume.size is not None)
    else:
        amounts, unstated = pod_amounts(service.containers)
        whole = getattr(amounts, figure)
        running = [item for item in service.containers if item.kind != "init"]
        # The main container first: it is the one that figures are stated about.
        running.sort(key=lambda item: item.kind != "main")
        each = tuple(container_amount(item.resources, figure) or 0 for item in running)
        # Init containers that take more than all that follows are what the pod takes.
        each = each if sum(each) == whole else (whole,)
        yield Share(service.name, number, each, service.optional, stated=figure not in unstated or not number)


def _of_datastore(store: Datastore, figure: str) -> Iterator[Share]:
    deployment, members, optional = store.deployment, store.members, store.optional
    beside: list[Share] = []
    data = _share(store.name, members, store.resources, store.storage, figure, optional=optional)
    if isinstance(deployment, Sentinel):
        resources, sidecar = deployment.sentinel_resources, deployment.placement == "sidecar"
        share = _share(f"{store.name}/sentinel", deployment.sentinels, resources, 0, figure, optional=optional)
        if not sidecar:
            beside.append(share)
        elif figure not in ("pods", "storage_bytes"):
            if deployment.sentinels == members:
                data = _beside(data, share.each[0], stated=share.stated)
            else:
                beside.append(Share(share.name, share.times, share.each, optional, share.stated, inside=True))
    if isinstance(deployment, Patroni) and deployment.etcd is not None:
        etcd = deployment.etcd
        beside.append(
            _share(f"{store.name}/etcd", etcd.members, etcd.resources, etcd.storage, figure, optional=optional)
        )
    pooler, proxy = store.connections.pooler, proxy_of(store)
    if pooler is not None:
        name = f"{store.name}/pooler"
        poolers = _share(name, pooler.instances, pooler.resources, 0, figure, optional=optional)
        beside.append(_with_proxy(poolers, proxy, figure))
    else:
        data = _with_proxy(data, proxy, figure)
    yield data
    yield from beside


def _with_proxy(share: Share, proxy: Resources | None, figure: str) -> Share:
    if proxy is None or figure in ("pods", "storage_bytes"):
        return share
    amount = container_amount(proxy, figure)
    return _beside(share, amount or 0, stated=amount is not None or not share.times)


def _beside(share: Share, amount: int, *, stated: bool) -> Share:
    """``share`` with one more container in each of its pods."""
    return Share(share.name, share.times, (*share.each, amount), share.optional, share.stated and stated)


def _share(name: str, number: int, resources: Resources, storage: int | None, figure: str, *, optional: bool) -> Share:
    if figure == "pods":
        return Share(name, number, (1,), optional)
    if figure == "storage_bytes":
        return Share(name, number, (storage or 0,), optional, stated=storage is not None or not number)
    amount = container_amount(resources, figure)
    return Share(name, number, (amount or 0,), optional, stated=amount is not None or not number)
