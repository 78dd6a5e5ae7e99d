"""What does not fit together in the target, as conflicts: members that wait for each other, bounds that cross."""

from collections.abc import Mapping, Sequence
from typing import Any

from novaplan.consolidation.conflicts import Conflicts
from novaplan.topology.consistency import InconsistentError
from novaplan.topology.parts import dependency_address, path_of, route_address, secret_address

_KIND = {"services": "service", "datastores": "datastore", "externals": "external", "namespaces": "namespace"}
_IN_SETTINGS = {"services": "groups", "datastores": "datastores"}


def note_inconsistencies(error: InconsistentError, parts: Mapping[str, Sequence[Any]], conflicts: Conflicts) -> None:
    """Note what is wrong with a target made of ``parts``, unless a conflict about the same component explains it."""
    known = {path_of(conflict.subject).partition("/")[0] for conflict in conflicts.found}
    for path, message in error.findings:
        collection, index = str(path[0]), path[1]
        item = parts[collection][int(index)]
        if collection in _KIND and item.name in known:
            continue
        field = ".".join(str(step) for step in path[2:])
        settle = f"what the policy states for {collection}"
        if collection in _IN_SETTINGS:
            settle = f"{_IN_SETTINGS[collection]}[{item.name}].settings.{field or 'name'}: ..."
        conflicts.add(_subject(collection, item), f"{field}: {message}" if field else message, settle)


def _subject(collection: str, item: Any) -> str:
    if collection == "dependencies":
        return dependency_address(item)
    if collection == "routes":
        return route_address(item)
    if collection == "secrets":
        return secret_address(item.name, item.namespace)
    return f"{_KIND.get(collection, 'object')}:{item.name}"
