"""Hosts that are known here, found inside longer texts: scripts, configuration files, option strings.

Each word that is a known host is looked at where it stands: what comes before and after it tells an address from a word
that happens to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Final

from novaplan.importers.addresses import urls
from novaplan.importers.addresses.names import Says, says
from novaplan.importers.addresses.urls import Address, address

Known = Callable[[str], frozenset[int] | None]
"""The ports of a host that is known, or None when it is not."""

LONGEST: Final = 2_000_000
"""Characters of a file that are looked through; what is longer is no configuration."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_INSIDE = re.compile(r"[A-Za-z0-9_.\-]")
_COMMENT = re.compile(r"^[ \t]*(?:#|//|;|--[ \t])[^\n]*", re.MULTILINE)
_PORT = re.compile(r":(\d{1,5})(?![\w.])")
_SPACE_PORT = re.compile(r"[ \t]+(\d{2,5})(?![\w.])")
_END = re.compile(r"$|[\s,;\]})\"'/|&]")
# As YAML, JSON and INI write a key, and Ruby ('key' => 'host', ['key'] = 'host') and PHP ('KEY', 'host').
_KEY = re.compile(
    r"(?<![\w.])([A-Za-z][\w.\-]*)(?:[\"']?\]?[ \t]*(?:=>|[:=])|[\"'],(?=[ \t]*[\"']))[ \t]*\[?[ \t]*[\"']?$"
)
_OPTION = re.compile(r"(?:^|\s)(?:-[hH]|--host(?:name)?|--server|--addr(?:ess)?)[ =][\"']?$")
_LOOK_UP = re.compile(r"\b(?:nslookup|ping|dig|getent[ \t]+hosts|host)[ \t]+(?:-\S{1,20}[ \t]+(?:\d+[ \t]+)?){0,5}$")
_NGINX_SERVER = re.compile(r"\bserver[ \t]+$")
_NGINX_END = re.compile(r"[ \t]*;|[ \t]+\w+=|[ \t]+resolve\b")
_IMAGE = re.compile(r"image|tag|version", re.IGNORECASE)
_SMALLEST_PORT: Final = 80
_CONTEXT: Final = 200
"""Characters before a word that can say what it is."""


def without_comments(text: str) -> str:
    """``text`` with comment lines emptied, so that lines keep their numbers."""
    return _COMMENT.sub("", text)


class Vocabulary:
    """Which words are hosts that are known. Texts repeat the same few thousand words, so each is judged once."""

    def __init__(self, known: Known, is_label: Callable[[str], bool]) -> None:
        self.known = known
        self._is_label = is_label
        self._hosts: dict[str, frozenset[int]] = {}
        self._others: set[str] = set()

    def hosts_in(self, text: str) -> dict[str, frozenset[int]]:
        """The words of ``text`` that are hosts, with their ports."""
        new = set(_WORD.findall(text))
        new -= self._others
        return {word: ports for word in new if (ports := self._ports(word)) is not None}

    def _ports(self, word: str) -> frozenset[int] | None:
        if word not in self._hosts:
            ports = self._judge(word.rstrip(".-").lower())
            if ports is None:
                self._others.add(word)
                return None
            self._hosts[word] = ports
        return self._hosts[word]

    def _judge(self, word: str) -> frozenset[int] | None:
        # Some host must start with this label, or with one further on, as the names of pods have it.
        is_label = self._is_label
        if is_label(word.partition(".")[0]) or ("." in word and any(map(is_label, word.split(".")))):
            return self.known(word)
        return None


def find(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Address, int]]:
    """Every address of a known host in ``text``, with its position. One host may be found more than once."""
    if "://" in text or "jdbc:" in text:
        for found, position in urls.find(text):
            if vocabulary.known(found.host) is not None:
                yield found, position
    found_here = []
    for word, ports in vocabulary.hosts_in(text).items():
        for start in _places(text, word):
            one = _in_place(text, word.rstrip(".-").lower(), start, ports)
            if one is not None:
                found_here.append((one, start))
    yield from sorted(found_here, key=itemgetter(1))


def _places(text: str, word: str) -> Iterator[int]:
    """Where ``word`` stands in ``text`` as a word of its own."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (start and _INSIDE.match(text, start - 1)) and not _INSIDE.match(text, end):
            yield start
        start = text.find(word, end)


def _in_place(text: str, word: str, start: int, ports: frozenset[int]) -> Address | None:
    """The address that a known host is where it stands, if it is one there."""
    line = max(text.rfind("\n", 0, start) + 1, start - _CONTEXT)
    before, end = text[line:start], start + len(word)
    last = before[-1:]
    if last == "/" or (last == "@" and "://" in before) or before.endswith("://"):
        return None  # a path, or the host of a URL, which was read as such
    port = _PORT.match(text, end)
    if port is not None:
        # 'image: redis:7' and 'redis:6379' look alike.
        small = int(port[1]) < _SMALLEST_PORT and int(port[1]) not in ports
        return None if small or _IMAGE.search(before) else address(word, port[1])
    port = _SPACE_PORT.match(text, end)
    if port is not None and int(port[1]) in ports:
        return address(word, port[1])
    if _NGINX_SERVER.search(before) and _NGINX_END.match(text, end):
        return address(word)
    if not _END.match(text, end) and text[end : end + 1] != ".":
        return None
    key = _KEY.search(before)
    if (key is not None and says(key[1]) is Says.ADDRESS) or _OPTION.search(before) or _LOOK_UP.search(before):
        return address(word)
    return None
