"""Every secret that something needs is there with its key, where that runs; target says which are there in the end.

Variables, dependencies and the certificates of routes name secrets. One that neither side declares is kept elsewhere
and not judged. That no old one is left is the first theorem's: the end is target.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import service, store
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import kind_of, label_of, model_of, parent_of, path_of, quote, secret_address
from novaplan.topology.service import EnvVar, KeyRef
from novaplan.topology.wiring import Dependency, Route

Known = dict[str, tuple[str, ...]]


def obligations(world: World) -> Iterator[Obligation]:
    """One for each part that ever names a secret."""
    known = _known(world)
    for kind in ("env", "dependency", "datastore", "route"):
        for own in world.universe.get(kind, ()):
            if any(_names_one(part) for part in world.values(own)):
                yield Obligation(own, partial(_missing, own=own, known=known))


def _known(world: World) -> Known:
    """Where secrets and their keys may be, by their name and as ``name/key``."""
    found: dict[str, set[str]] = defaultdict(set)
    for own in (*world.start, *world.writers, *world.wanted):
        kind, names = kind_of(own), label_of(own).split("/")
        if kind in ("secret", "secret-key"):
            found["/".join(names[-1:] if kind == "secret" else names[-2:])].add(own)
    return {name: tuple(sorted(items)) for name, items in found.items()}


def _names_one(part: object) -> bool:
    if isinstance(part, Datastore):
        return any(variable.secret for variable in part.env)
    return bool(getattr(part, "secret", None) or getattr(part, "tls_secret", None))


def _missing(view: View, own: str, known: Known) -> Shortfall | None:
    part = view.part(own, model_of(kind_of(own)))
    missing: list[str] = []
    if isinstance(part, Route) and part.tls_secret in known and not any(map(view.has, known[part.tls_secret])):
        missing.append(f"there is no secret {part.tls_secret}")
    missing += [
        f"there is no {name} in namespace {space or 'default'}"
        for ref, space in _needs(view, own, part)
        if not ref.optional and (name := f"{ref.name}/{ref.key}") in known and not _there(view, ref, space)
    ]
    remedy = "create the secret before what needs it, and delete it afterwards"
    return Shortfall("; ".join(missing), len(missing), remedy) if missing else None


def _needs(view: View, own: str, part: object) -> Iterator[tuple[KeyRef, str | None]]:
    if isinstance(part, EnvVar) and part.secret is not None:
        holder = service(view, label_of(parent_of(parent_of(own))), "namespace")
        yield part.secret, holder.namespace if holder is not None else None
    elif isinstance(part, Dependency) and part.secret is not None:
        holder_of = service(view, part.client, "namespace") or store(view, part.client, "namespace")
        yield part.secret, holder_of.namespace if holder_of is not None else None
    elif isinstance(part, Datastore):
        yield from ((variable.secret, part.namespace) for variable in part.env if variable.secret is not None)


def _there(view: View, ref: KeyRef, space: str | None) -> bool:
    return view.has(f"secret-key:{path_of(secret_address(ref.name, space))}/{quote(ref.key)}")
