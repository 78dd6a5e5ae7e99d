"""Hosts that are known here, found inside longer texts: scripts, configuration files, option strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from novaplan.importers.addresses import urls
from novaplan.importers.addresses.names import Says, says
from novaplan.importers.addresses.urls import HOST, Address, address

Known = Callable[[str], frozenset[int] | None]
"""The ports of a host that is known, or None when it is not."""

LONGEST: Final = 2_000_000
"""Characters of a file that are looked through; what is longer is no configuration."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_COMMENT = re.compile(r"^[ \t]*(?:#|//|;|--[ \t])[^\n]*", re.MULTILINE)
_HOST_PORT = re.compile(rf"(?<![\w./\-])({HOST}):(\d{{1,5}})(?![\w.])")
_HOST_SPACE_PORT = re.compile(rf"(?<![\w./:\-])({HOST})[ \t]+(\d{{2,5}})(?![\w.])")
_KEY_VALUE = re.compile(
    rf"(?<![\w.\-])([A-Za-z][\w.\-]*)[\"']?[ \t]*[:=][ \t]*\[?[ \t]*[\"']?({HOST})[\"']?(?=[\s,;\]}}\"'/]|$)"
)
_OPTION = re.compile(rf"(?:^|\s)(?:-[hH]|--host(?:name)?|--server|--addr(?:ess)?)[ =][\"']?({HOST})(?=[\s\"';|&]|$)")
_LOOK_UP = re.compile(
    rf"\b(?:nslookup|ping|dig|getent[ \t]+hosts|host)[ \t]+(?:-\S+[ \t]+(?:\d+[ \t]+)?)*({HOST})(?=[\s\"';|&.]|$)"
)
_NGINX_SERVER = re.compile(rf"\bserver[ \t]+({HOST})[ \t]*(?:;|[ \t]\w+=|[ \t]resolve\b)")
_IMAGE_LINE = re.compile(r"image|tag|version", re.IGNORECASE)
_SMALLEST_PORT = 80


def mentions_known(text: str, labels: Callable[[str], bool]) -> bool:
    """Whether any host known here could be in ``text``; cheap, and tried before anything else is."""
    for word in set(_WORD.findall(text)):
        if labels(word.lower().partition(".")[0]) or ("." in word and any(map(labels, word.lower().split(".")))):
            return True
    return False


def without_comments(text: str) -> str:
    """``text`` with comment lines emptied, so that lines keep their numbers."""
    return _COMMENT.sub("", text)


def find(text: str, known: Known) -> Iterator[tuple[Address, int]]:
    """Every address of a known host in ``text``, with its position. One host may be found more than once."""
    for found, position in urls.find(text):
        if known(found.host) is not None:
            yield found, position
    for pattern, reads in _READERS:
        for match in pattern.finditer(text):
            one = reads(match, known)
            if one:
                yield one, match.start()


def _host_port(match: re.Match[str], known: Known) -> Address | None:
    ports = known(match[1].lower())
    number = int(match[2])
    if ports is None or (number < _SMALLEST_PORT and number not in ports):
        return None
    start = match.string.rfind("\n", 0, match.start()) + 1
    before = match.string[start : match.start()]
    # 'image: redis:7' and 'redis:6379' look alike; so does a URL's user before its password.
    if _IMAGE_LINE.search(before) or before.endswith("://"):
        return None
    return address(match[1], match[2])


def _host_space_port(match: re.Match[str], known: Known) -> Address | None:
    ports = known(match[1].lower())
    return address(match[1], match[2]) if ports and int(match[2]) in ports else None


def _key_value(match: re.Match[str], known: Known) -> Address | None:
    if says(match[1]) is not Says.ADDRESS or known(match[2].lower()) is None:
        return None
    return address(match[2])


def _alone(match: re.Match[str], known: Known) -> Address | None:
    return address(match[1]) if known(match[1].lower().rstrip(".")) is not None else None


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Known], Address | None]], ...]] = (
    (_HOST_PORT, _host_port),
    (_HOST_SPACE_PORT, _host_space_port),
    (_KEY_VALUE, _key_value),
    (_OPTION, _alone),
    (_LOOK_UP, _alone),
    (_NGINX_SERVER, _alone),
)
