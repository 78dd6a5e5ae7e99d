"""A setting has the same value in both descriptions, unless the place decides it.

Sizes of pools, limits and time-outs that differ make one place behave as the other was never tried. What is different
in every place by nature is left out: addresses, names of environments, levels of logs, and secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.consistency._pairs import services, short, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.importers.addresses.names import Says, says, words
from novaplan.importers.addresses.wordlist import word_list
from novaplan.importers.secrecy import holds_secret
from novaplan.topology.service import Service

SEVERITY = "note"

_OF_THE_PLACE: Final = word_list(
    "env environment log debug level host url uri domain region stage mode bucket dev test production replicas",
    "namespace version user username email",
)


def against(one: Description, other: Description) -> Iterator[Found]:
    """Plain values that differ, one finding for each service."""
    both = topologies(one, other)
    if both is None:
        return
    for mine, theirs in services(*both):
        here, there = _values(mine), _values(theirs)
        told = [
            f"{name} is {here[name]} here and {there[name]} there"
            for name in sorted(here.keys() & there.keys())
            if here[name].strip().lower() != there[name].strip().lower()
        ]
        if told:
            yield Found(
                mine.name,
                f"is set differently in {short(one)} (here) and {short(other)} (there): {'; '.join(told)}",
                "write the same in both, or try both",
                one.places.get(mine.name),
            )


def _values(service: Service) -> dict[str, str]:
    return {
        variable.name: variable.value
        for container in service.containers
        if container.kind == "main"
        for variable in container.env
        if variable.value and variable.secret is None and not _is_of_the_place(variable.name, variable.value)
    }


def _is_of_the_place(name: str, value: str) -> bool:
    return (
        not _OF_THE_PLACE.isdisjoint(words(name))
        or says(name) is Says.ADDRESS
        or holds_secret(name, value)
        or "://" in value
        or "***" in value
        or len(value) > 60
    )
