"""A patch is put into a topology, as far as it fits what became of that topology."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError

from novaplan.topology.base import Model, replace
from novaplan.topology.consistency import Finding, InconsistentError
from novaplan.topology.parts import SYSTEM, holds_parts, join, kind_of, own_address, parent_of, part_at, path_of, split
from novaplan.topology.patch import Fields, Patch, plain, provenance_of
from novaplan.topology.system import Topology

_ROUNDS: Final = 20
"""What is dropped may be what something else needed; real systems settle in two or three rounds."""
_LEFT_OUT: Final = "what was recorded of it was left out"


def apply(topology: Topology, patch: Patch) -> tuple[Topology, tuple[str, ...]]:
    """``topology`` with what the patch says, and a line for everything that does not fit.

    A field that is no longer as it was before stays as it is; what belongs to a part that is gone is dropped, and so is
    what would make the parts contradict each other. Lineage and provenance stay those of ``topology``.
    """
    parts = split(topology)
    told: list[str] = []
    for _ in range(_ROUNDS):
        attempt = _Attempt(dict(parts), patch)
        attempt.run()
        try:
            made = join(attempt.parts)
        except InconsistentError as error:
            patch, dropped = _without_culprits(attempt, patch, error.findings)
            told += dropped
        else:
            return replace(made, lineage=topology.lineage), tuple(dict.fromkeys([*told, *attempt.told]))
    return topology, ("nothing of the record fits what was read; all of it was left out",)


class _Attempt:
    """What the parts become, before anybody looked whether they fit each other."""

    def __init__(self, parts: dict[str, Model], patch: Patch) -> None:
        self.parts = parts
        self.told: list[str] = []
        self.origins: dict[str, str] = {}
        """The address in the patch of a part that it changed."""
        self._patch = patch

    def run(self) -> None:
        """Put everything in."""
        self._remove()
        for own in self._patch.addresses():
            part = self._patch.added.get(own)
            if part is not None and own not in self.parts and parent_of(own) in self.parts:
                self.parts[own] = part
            elif own in self.parts and own not in self._patch.removed:
                stated = {} if part is None else {name: [None, value] for name, value in plain(part).items()}
                self._change(own, self._patch.changed.get(own, stated))
            elif own not in self._patch.removed:
                self._tell_missing(own)

    def _remove(self) -> None:
        gone: set[str] = set()
        for own in list(self.parts) if self._patch.removed else ():  # what stands in others comes after them
            if own in self._patch.removed or (own != SYSTEM and parent_of(own) in gone):
                gone.add(own)
                del self.parts[own]

    def _tell_missing(self, own: str) -> None:
        """One line for the outermost part that is missing."""
        while (outer := parent_of(own)) not in self.parts:
            own = outer
        self.told.append(f"{own} is not here any more; {_LEFT_OUT}")

    def _change(self, own: str, fields: Fields) -> None:
        part = self.parts[own]
        current = plain(part)
        made = self._merged(current, fields, f"{own}: ")
        for _ in fields:
            if made == current:
                return
            try:
                changed = type(part).model_validate(made)
            except ValidationError as error:
                for detail in error.errors(include_url=False, include_input=False):
                    name = str(detail["loc"][0])
                    self.told.append(f"{own}: what was recorded of {name} does not fit what is there now")
                    made = _with(made, name, current.get(name))
                continue
            self._put(own, replace(changed, **{name: getattr(part, name) for name in provenance_of(part)}))
            return

    def _put(self, own: str, changed: Model) -> None:
        other = own if own == SYSTEM else own_address(kind_of(own), changed, parent_of(own))
        if other != own and (other in self.parts or holds_parts(kind_of(own))):
            self.told.append(f"{own} cannot become {other}; {_LEFT_OUT}")
            return
        if other != own:
            del self.parts[own]
            self.origins[other] = own
        self.parts[other] = changed

    def _merged(self, current: Mapping[str, Any], fields: Fields, place: str) -> dict[str, Any]:
        """``current``, with every field that still is as it was before as it was after."""
        made = dict(current)
        for name, change in fields.items():
            now = made.get(name)
            if isinstance(change, dict) and isinstance(now, dict):
                made[name] = self._merged(now, change, f"{place}{name}.")
            elif isinstance(change, list) and now == change[0]:
                made = _with(made, name, change[1])
            elif isinstance(change, dict) or now != change[1]:
                self.told.append(f"{place}{name} was changed since; the change holds, not what was recorded")
        return made


def _with(fields: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    rest = {key: item for key, item in fields.items() if key != name}
    return rest if value is None else {**rest, name: value}


# ---------------------------------------------------------------- what does not fit together


def _without_culprits(attempt: _Attempt, patch: Patch, findings: Sequence[Finding]) -> tuple[Patch, list[str]]:
    """The patch without what makes the parts contradict each other, and what to tell of it."""
    parts = attempt.parts
    components: dict[str, list[str]] = defaultdict(list)
    for own in parts:
        components[kind_of(own)].append(own)
    known = frozenset(path_of(own) for kind in ("service", "datastore", "external") for own in components[kind])
    added, changed, removed = dict(patch.added), dict(patch.changed), set(patch.removed)
    told: list[str] = []
    handled: set[tuple[str, tuple[str, ...]]] = set()
    for path, message in findings:
        own, rest = part_at(path, components)
        if (own, rest) in handled:
            continue
        handled.add((own, rest))
        needed = _needed(parts.get(own), rest, removed)
        if needed:
            removed -= needed
            told += [f"{item} stays, since what was read needs it" for item in sorted(needed)]
            continue
        place, own = own, attempt.origins.get(own, own)
        while own != SYSTEM and own not in patch.added and own not in patch.changed:
            own, rest = parent_of(own), ()
        # What was recorded was right when it was; a name that is near it now would mislead.
        told.append(f"{place}: {message.partition(' (did you mean')[0]}; {_LEFT_OUT}")
        if own == SYSTEM:
            return Patch(), told
        if own in added:
            _reduce_part(added, own, rest, known)
        elif own in changed:
            _reduce_fields(changed, own, rest, known)
    return Patch(added, changed, frozenset(removed)), told


def _needed(part: Model | None, rest: Sequence[str], removed: Iterable[str]) -> set[str]:
    """The parts that were removed and that a field names."""
    value: Any = part
    for name in rest:
        value = getattr(value, name, None)
    names = {value} if isinstance(value, str) else set(value) if rest and isinstance(value, tuple) else set()
    return {own for own in removed if path_of(own) in names}


def _reduce_part(added: dict[str, Model], own: str, rest: Sequence[str], known: frozenset[str]) -> None:
    """Leave out the field at fault where the part can be without it, else the part."""
    part = added.pop(own)
    fields = plain(part)
    if _reduce(fields, rest, known, values=True):
        try:
            added[own] = type(part).model_validate(fields)
        except ValidationError:
            return


def _reduce_fields(changed: dict[str, Fields], own: str, rest: Sequence[str], known: frozenset[str]) -> None:
    fields = deepcopy(changed.pop(own))
    if _reduce(fields, rest, known, values=False):
        changed[own] = fields


def _reduce(fields: Fields, rest: Sequence[str], known: frozenset[str], *, values: bool) -> bool:
    """Take what is at fault out of ``fields``: as little as the path ``rest`` allows. Says whether there was anything.
    ``values`` tells the fields of a part from pairs of before and after."""
    return any(_cut(fields, rest[:length], known, values) for length in range(len(rest), 0, -1))


def _cut(fields: Any, path: Sequence[str], known: frozenset[str], values: bool) -> bool:
    """Take the names that nothing has any more out of the list at ``path``, or else all that stands there."""
    name = path[0]
    if not isinstance(fields, dict) or name not in fields:
        return False
    holder: Any = fields
    key: str | int = name
    if not values and isinstance(fields[name], list):
        holder, key, values = fields[name], 1, True
    value = holder[key]
    if len(path) > 1:
        return _cut(value, path[1:], known, values)
    kept = [item for item in value if item in known] if isinstance(value, list) and _are_texts(value) else []
    if kept and kept != value:
        holder[key] = kept
    else:
        del fields[name]
    return True


def _are_texts(items: Sequence[Any]) -> bool:
    return all(isinstance(item, str) for item in items)
