"""What is to be done to a cluster so that it runs another system: a value, which ``files`` writes down.

Only what differs is touched. Three kinds of objects are more than text to be applied: Secrets keep the values that
somebody filled in, claims keep their data until somebody deletes them by name, and what Kubernetes lets nobody change
is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from novaplan.importers.marks import RECORD, RECORD_KEY
from novaplan.render.layouts.differences import Difference, by_identity, difference, operations
from novaplan.render.manifests import GENERATED_FOR, NAME, Manifest, identity
from novaplan.render.patches.fixed import CONTROLLERS, fixed
from novaplan.render.secrets.forms import KEYS, OPTIONAL_KEYS
from novaplan.topology.parts import SYSTEM, path_of

_CLAIM: Final = "PersistentVolumeClaim"
_CANARY: Final = "nginx.ingress.kubernetes.io/canary"


@dataclass(frozen=True, slots=True)
class SecretChange:
    """A Secret that is there and gains or loses keys."""

    before: Manifest
    after: Manifest

    @property
    def gained(self) -> dict[str, str]:
        """Keys that somebody has to fill in, with what they are for."""
        return {name: text for name, text in keys(self.after).items() if name not in keys(self.before)}

    @property
    def lost(self) -> tuple[str, ...]:
        """Keys that nobody needs any more."""
        return tuple(sorted(set(keys(self.before)) - set(keys(self.after))))

    def merged(self, *, lost: bool) -> dict[str, Any]:
        """The change as a JSON merge patch (RFC 7386), which leaves every value alone but, with ``lost``, those of the
        lost keys."""
        if lost:
            return {"data": dict.fromkeys(self.lost)}
        old, new = ({field: item["metadata"].get(field, {}) for field in ("labels", "annotations")} for item in self)
        changed = {
            field: {name: new[field].get(name) for name in sorted({*old[field], *new[field]})}
            for field in new
            if old[field] != new[field]
        }
        return {"metadata": changed} if changed else {}

    def __iter__(self) -> Iterator[Manifest]:
        return iter((self.before, self.after))


@dataclass(frozen=True, slots=True)
class Renewal:
    """An object that has to be deleted before it can be applied as it should be."""

    item: Manifest
    """As it was."""
    fields: tuple[str, ...]
    """What Kubernetes does not change; none for an Ingress whose paths another one takes over."""

    @property
    def orphans(self) -> bool:
        """Whether its pods go on meanwhile."""
        return self.item["kind"] in CONTROLLERS


@dataclass(frozen=True, slots=True)
class Patch:
    """All of it, in the order in which it is done."""

    created_secrets: tuple[Manifest, ...] = ()
    """Made where there is none of that name; somebody has to fill them in."""
    secrets: tuple[SecretChange, ...] = ()
    scaled: tuple[Manifest, ...] = ()
    """Workloads as they were but for the number of pods, which an autoscaler decides from now on."""
    renewed: tuple[Renewal, ...] = ()
    applied: tuple[Manifest, ...] = ()
    """New and changed objects, in the order of the system they belong to."""
    policies: tuple[Manifest, ...] = ()
    """Network policies that change, as they were, under names of their own: as long as nothing is deleted yet, both
    hold beside each other, since what one policy lets through no other one keeps out."""
    deleted: tuple[Manifest, ...] = ()
    """In the order opposite to that in which they were applied."""
    claims: tuple[Manifest, ...] = ()
    """Claims that nothing uses any more. They stay until somebody deletes them by name."""
    stuck: tuple[tuple[Manifest, tuple[str, ...]], ...] = ()
    """Claims that should be otherwise in fields that nobody can change: they stay as they are."""
    only_recorded: frozenset[tuple[str, str, str, str]] = frozenset()
    """Of what is applied, objects in which nothing but novaplan's own record changes."""

    def __bool__(self) -> bool:
        return any(
            (self.created_secrets, self.secrets, self.renewed, self.applied, self.deleted, self.claims, self.stuck)
        )


def patch(before: Iterable[Manifest], after: Iterable[Manifest]) -> Patch:
    """What turns the objects ``before`` into the objects ``after``."""
    found = difference(before, after)
    old, new = by_identity(before), by_identity(after)
    changed = [new[identity(item)] for item, _ in found.changed]
    unchangeable = {identity(item): names for item in changed if (names := fixed(old[identity(item)], item))}
    stuck = {own for own in unchangeable if own[1] == _CLAIM}
    secrets = [SecretChange(old[identity(item)], item) for item in changed if _is_secret(item, unchangeable)]
    apart = stuck | {identity(change.after) for change in secrets}
    touched = {identity(item) for item in (*found.added, *changed)}
    touched -= apart | {identity(item) for item in found.added if item["kind"] == "Secret"}
    early = _handed_over(found, old, new)
    gone = [item for item in reversed(found.removed) if item["kind"] != _CLAIM]
    renewed = [Renewal(old[own], tuple(names)) for own, names in unchangeable.items() if own not in stuck]
    return Patch(
        created_secrets=tuple(item for item in found.added if item["kind"] == "Secret"),
        secrets=tuple(secrets),
        scaled=tuple(
            _without_replicas(old[own], new[own])
            for own in new
            if own in touched & set(old) and _scales(old[own], new[own])
        ),
        renewed=(*renewed, *(Renewal(item, ()) for item in gone if identity(item) in early)),
        applied=tuple(
            sorted((item for own, item in new.items() if own in touched), key=lambda item: _gains(item, old))
        ),
        policies=tuple(_as_it_was(old[own]) for own in new if own in touched & set(old) and own[1] == "NetworkPolicy"),
        deleted=tuple(item for item in gone if identity(item) not in early),
        claims=tuple(_claims(found.removed)),
        stuck=tuple((new[own], tuple(unchangeable[own])) for own in sorted(stuck)),
        only_recorded=frozenset(own for own in touched if own in old and _only_recorded(old[own], new[own])),
    )


def _claims(removed: Iterable[Manifest]) -> Iterator[Manifest]:
    """Claims that are left: their own objects, and those that a StatefulSet made for its pods and does not take along
    (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention)."""
    for item in removed:
        if item["kind"] == _CLAIM:
            yield item
        elif item["kind"] == "StatefulSet":
            metadata, spec = item["metadata"], item["spec"]
            for claim in spec.get("volumeClaimTemplates", ()):
                for number in range(spec.get("replicas", 1)):
                    name = f"{claim['metadata']['name']}-{metadata['name']}-{number}"
                    yield {"apiVersion": "v1", "kind": _CLAIM, "metadata": {**metadata, "name": name}}


def of_components(
    before: Iterable[Manifest], after: Iterable[Manifest], names: Collection[str]
) -> tuple[list[Manifest], list[Manifest]]:
    """The objects of both systems that belong to the components ``names``, with the namespaces that they need first."""
    old, new = ([item for item in items if _belongs(item, names)] for items in (before, after))
    known, spaces = by_identity(before), {item["metadata"].get("namespace") for item in new}
    shared = [
        item
        for item in after
        if identity(item) not in known and _of_system(item) and {item["metadata"][key] for key in _place(item)} & spaces
    ]
    return old, [*shared, *new]


def _belongs(item: Manifest, names: Collection[str]) -> bool:
    metadata = item["metadata"]
    whose: str = metadata.get("annotations", {}).get(GENERATED_FOR, "")
    name: str = metadata.get("labels", {}).get(NAME, "")
    return name in names or path_of(whose).partition("/")[0] in names


def _of_system(item: Manifest) -> bool:
    """Namespaces, and what denies everything in them."""
    whose: str = item["metadata"].get("annotations", {}).get(GENERATED_FOR, "")
    return item["kind"] == "Namespace" or whose == SYSTEM


def _place(item: Manifest) -> list[str]:
    return ["name"] if item["kind"] == "Namespace" else [key for key in ("namespace",) if key in item["metadata"]]


def keys(secret: Manifest) -> dict[str, str]:
    """The keys of a Secret without values, with what each is for."""
    found: dict[str, str] = json.loads(secret["metadata"].get("annotations", {}).get(KEYS, "{}"))
    return found


def is_optional(secret: Manifest, key: str) -> bool:
    """Whether the system can do without a key."""
    return key in json.loads(secret["metadata"].get("annotations", {}).get(OPTIONAL_KEYS, "[]"))


def _is_secret(item: Manifest, unchangeable: dict[Any, list[str]]) -> bool:
    return item["kind"] == "Secret" and identity(item) not in unchangeable


def _scales(before: Manifest, after: Manifest) -> bool:
    """Whether an autoscaler takes pods over. None it would leave as they are: then apply has to start the first."""
    return bool(before.get("spec", {}).get("replicas")) and "replicas" not in after.get("spec", {})


def _without_replicas(before: Manifest, _after: Manifest) -> Manifest:
    return {**before, "spec": {name: value for name, value in before["spec"].items() if name != "replicas"}}


def _as_it_was(policy: Manifest) -> Manifest:
    return {**policy, "metadata": {**policy["metadata"], "name": f"{policy['metadata']['name']}-before"}}


def _only_recorded(before: Manifest, after: Manifest) -> bool:
    """Whether no more changes than what novaplan notes down for itself."""
    places = {("metadata", "annotations", RECORD), ("data", RECORD_KEY)}
    return all(found.path in places for found in operations(before, after))


def _paths(item: Manifest) -> set[tuple[str, str]]:
    """What an Ingress answers, but for a canary, which only takes a share of what another one answers."""
    if item["kind"] != "Ingress" or item["metadata"].get("annotations", {}).get(_CANARY) == "true":
        return set()
    return {(rule.get("host", ""), path["path"]) for rule in item["spec"]["rules"] for path in rule["http"]["paths"]}


def _handed_over(found: Difference, old: dict[Any, Manifest], new: dict[Any, Manifest]) -> set[Any]:
    """Ingresses that go, and whose paths another one has afterwards: the API server of a cluster with ingress-nginx
    refuses the second of two that answer the same."""
    taken = {path for own, item in new.items() for path in _paths(item) - _paths(old.get(own, {"kind": ""}))}
    return {identity(item) for item in found.removed if _paths(item) & taken}


def _gains(item: Manifest, old: dict[Any, Manifest]) -> int:
    """An Ingress that gives paths away comes before those that take them; everything else keeps its place."""
    before = old.get(identity(item))
    return 1 if item["kind"] == "Ingress" and _paths(item) - (_paths(before) if before else set()) else 0
