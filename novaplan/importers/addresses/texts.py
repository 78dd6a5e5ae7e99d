"""Hosts that are known here, found inside longer texts: scripts, configuration files, option strings.

Each word that is a known host is looked at where it stands: what comes before and after it tells an address from a word
that happens to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from novaplan.importers.addresses import urls
from novaplan.importers.addresses.names import Says, says
from novaplan.importers.addresses.urls import Address, address

Known = Callable[[str], frozenset[int] | None]
"""The ports of a host that is known, or None when it is not."""

LONGEST: Final = 2_000_000
"""Characters of a file that are looked through; what is longer is no configuration."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
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


def find(text: str, known: Known, is_label: Callable[[str], bool]) -> Iterator[tuple[Address, int]]:
    """Every address of a known host in ``text``, with its position. One host may be found more than once.

    ``is_label`` says whether any known host starts with a label; it is asked first, for every word.
    """
    if "://" in text or "jdbc:" in text:
        for found, position in urls.find(text):
            if known(found.host) is not None:
                yield found, position
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".-").lower()
        if is_label(word.partition(".")[0]) or ("." in word and any(map(is_label, word.split(".")))):
            ports = known(word)
            one = _in_place(text, word, match.start(), ports) if ports is not None else None
            if one is not None:
                yield one, match.start()


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
