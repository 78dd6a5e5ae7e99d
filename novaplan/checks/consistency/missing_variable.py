"""A service is given the same variables in both descriptions.

A variable that only one of them sets is a setting that falls back to what is built in, or an address or a key that is
missing: the program stops at its start, or does without. The values may differ from place to place; the names tell what
the program reads. A file that a variable names in one place may be its text in the other: such pairs are not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.consistency._pairs import services, short, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.importers.addresses.names import Says, says, words
from novaplan.importers.secrecy import names_secret
from novaplan.topology.service import Service

SEVERITY = "warning"

_OF_THE_PLACE: Final = frozenset(("HOSTNAME", "PATH", "HOME", "TZ", "LANG", "USER", "PWD", "SHELL"))
_FORMS: Final = frozenset(("file", "path", "pem", "base64", "b64", "json"))


def against(one: Description, other: Description) -> Iterator[Found]:
    """Variables that the other description sets; those that only this one sets are a note."""
    both = topologies(one, other)
    if both is None:
        return
    summed_up = "topology" in (one.form, other.form)  # which need not state every variable
    for mine, theirs in services(*both):
        here, there = _names(mine), _names(theirs)
        if not here or not there:
            continue  # one of the two takes them from somewhere that is not read here
        lost = _without(there, here)
        for kind, names in _sorted_out(lost, theirs):
            yield Found(
                mine.name,
                f"is not given {', '.join(names)} in {short(one)}, which {short(other)} sets: {_EFFECTS[kind]}",
                f"set them in {short(one)}, or take them out of {short(other)}",
                one.places.get(mine.name),
                "note" if kind == "settings" or summed_up else None,
            )
        more = _without(here, there)
        if more:
            yield Found(
                mine.name,
                f"is given {', '.join(more)} in {short(one)} alone",
                f"set them in {short(other)} too, or take them out",
                one.places.get(mine.name),
                "note",
            )


_EFFECTS: Final = {
    "keys": "what they open stays closed, or what they sign cannot be checked",
    "addresses": "what it reaches by them is out of reach",
    "listening": "unless the same is built in, it listens where no client and no probe asks",
    "settings": "what is built in counts",
}


_ALL_INTERFACES: Final = ("0.0.0.0", "::", "[::]")
_PORTS: Final = ("PORT", "APP_PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT")


def _names(service: Service) -> list[str]:
    found = {
        variable.name for container in service.containers if container.kind == "main" for variable in container.env
    }
    return sorted(
        name for name in found if name not in _OF_THE_PLACE and not name.startswith(("POD_", "NODE_", "K8S_"))
    )


def _without(names: list[str], known: list[str]) -> list[str]:
    """Those of ``names`` that are not known, in whatever form: JWT_KEY_FILE stands for JWT_KEY_PEM."""
    forms = {_form(name) for name in known}
    return [name for name in names if _form(name) not in forms]


def _form(name: str) -> tuple[str, ...]:
    parts = words(name)
    return tuple(part for part in parts if part not in _FORMS) or parts


def _sorted_out(names: list[str], service: Service) -> Iterator[tuple[str, list[str]]]:
    """Keys, addresses, where it listens, and other settings apart, as ``service`` is given them."""
    values = {variable.name: variable.value for container in service.containers for variable in container.env}
    kinds: dict[str, list[str]] = {kind: [] for kind in _EFFECTS}
    for name in names:
        if names_secret("_".join(_form(name))):
            kinds["keys"].append(name)
        elif values.get(name) in _ALL_INTERFACES or name in _PORTS:
            kinds["listening"].append(name)
        else:
            kinds["addresses" if says(name) is Says.ADDRESS else "settings"].append(name)
    yield from ((kind, found) for kind, found in kinds.items() if found)
