"""The addresses that the settings and files of a container hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from novaplan.importers.addresses import strings, texts, urls
from novaplan.importers.addresses.names import Says, says
from novaplan.importers.addresses.texts import Known, Vocabulary
from novaplan.importers.addresses.urls import Address
from novaplan.importers.draft import Container, KeyOf, MountedFile, Setting, Where

LONGEST_VALUE: Final = 4096
"""Characters of a setting that may be one address or a list of them; what is longer is a text."""

_MARKS = re.compile(r"[:=\s]|\.svc\b|^projects/")
# A value made of parts: words, JSON, lists with bars between them.
_STRUCTURE = re.compile(r"[\s{\[|\"]")
_KEY_BEFORE = re.compile(r"^[ \t]*-?[ \t]*[\"']?([\w.\-]+)[\"']?[ \t]*[:=]")
# Written for people, or for a program that does not call what it names.
_NO_CONFIGURATION: Final = (".md", ".html", ".htm", ".css", ".svg", ".sql", ".txt.gz", ".pem", ".crt", ".key")


@dataclass(frozen=True, slots=True)
class Sighting:
    """An address, and where it was seen."""

    address: Address
    where: Where
    name: str = ""
    """The variable, flag or file."""
    container: Container | None = None
    secret: KeyOf | None = None
    shared: str | None = None


@dataclass(frozen=True, slots=True)
class Landscape:
    """What is known here, as one workload sees it."""

    ports: Known
    """The ports of a host that is known, None when it is not."""
    words: Vocabulary
    """The same, for the words of longer texts."""
    found: dict[tuple[str, str], list[Address]] = field(default_factory=dict, repr=False)
    """What settings held that were read before: pods share most of theirs."""
    scanned: dict[int, list[tuple[Address, int]]] = field(default_factory=dict)
    """What longer texts of the draft hold, by their identity; many pods mount the same one."""


def in_container(container: Container, landscape: Landscape) -> Iterator[Sighting]:
    """Every address that ``container`` is given, once for each place."""
    for setting in container.settings:
        if setting.text:
            for address in in_setting(setting, landscape):
                yield Sighting(address, setting.where, setting.name, container, setting.secret, setting.shared)
    for file in container.files:
        for address, line in in_file(file, landscape):
            where = Where(file.where.file, line, file.where.field)
            yield Sighting(address, where, file.path, container, None, file.shared)


def in_setting(setting: Setting, landscape: Landscape) -> list[Address]:
    """The addresses in the value of one setting."""
    key = (setting.name, setting.text or "")
    if key not in landscape.found:
        landscape.found[key] = _in_value(setting.name, key[1], landscape)
    return landscape.found[key]


def _in_value(name: str, written: str, landscape: Landscape) -> list[Address]:
    verdict = says(name)
    text = written.strip()
    if verdict is Says.NOTHING and not _MARKS.search(text):
        return []
    if verdict is Says.NOT_CALLED or not text:
        return []
    if len(text) > LONGEST_VALUE or "\n" in text:
        return _once([address for address, _ in _scan(written, landscape)])
    if "://" in text or text.startswith(("jdbc:", "stun", "turn", "dns:")):
        found = [address for address, _ in urls.find(text)]
        if " " in text and verdict is not Says.ADDRESS:
            found = _in_text(text, landscape)
        return _once(found)
    # Nothing but a host of the cluster is called like this, whatever the variable is called.
    bare = verdict is not Says.NOTHING or ".svc" in text
    found = strings.find(text, bare=bare, claimed=verdict is Says.ADDRESS)
    found = [address for address in found if address.claimed or landscape.ports(address.host) is not None]
    return _once(found) if found or not _STRUCTURE.search(text) else _in_text(text, landscape)


def in_file(file: MountedFile, landscape: Landscape) -> list[tuple[Address, int]]:
    """The addresses of known hosts in a file, each with the first line it stands on."""
    if len(file.text) > texts.LONGEST or file.path.lower().endswith(_NO_CONFIGURATION):
        return []
    start = file.where.line or 1
    return [(address, start + line) for address, line in _scan(file.text, landscape)]


def _scan(whole: str, landscape: Landscape) -> list[tuple[Address, int]]:
    """The addresses in a longer text of the draft, each with the first line it stands on, counted from 0."""
    if id(whole) not in landscape.scanned:
        landscape.scanned[id(whole)] = list(_scanned(whole, landscape))
    return landscape.scanned[id(whole)]


def _scanned(whole: str, landscape: Landscape) -> Iterator[tuple[Address, int]]:
    text = texts.without_comments(whole)
    first: dict[Address, int] = {}
    for address, position in texts.find(text, landscape.words):
        if not _is_not_called(text, position):
            first[address] = min(position, first.get(address, position))
    for address, position in first.items():
        yield address, text.count("\n", 0, position)


def _in_text(text: str, landscape: Landscape) -> list[Address]:
    return _once([found for found, position in texts.find(text, landscape.words) if not _is_not_called(text, position)])


def _is_not_called(text: str, position: int) -> bool:
    start = text.rfind("\n", 0, position) + 1
    key = _KEY_BEFORE.match(text[start : position + 1])
    return key is not None and says(key[1]) is Says.NOT_CALLED


def _once(found: list[Address]) -> list[Address]:
    return list(dict.fromkeys(found)) if len(found) > 1 else found
