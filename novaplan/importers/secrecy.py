"""What must not leave a draft: which values are secret, and texts with the secrets taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from novaplan.importers.addresses.names import words
from novaplan.importers.addresses.wordlist import word_list

HIDDEN: Final = "***"

_SECRET_WORDS: Final = word_list(
    "password passwd pass pwd pw passphrase secret secrets token tokens credential credentials apikey auth",
    "private privatekey accesskey salt dsn signature jwt cookie hmac webhook requirepass masterauth pem cert",
    "certificate license sas",
)
_SECRET_ENDINGS: Final = (
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "passphrase",
    "requirepass",
    "connectionstring",
)
_USERINFO = re.compile(r"(://)[^\s/@\"'<>]{1,500}@|(://)[^\s@\"'<>]{0,200}:[^\s@\"'<>]{1,500}@")
_PAIR = re.compile(
    r"(?i)((?:password|passwd|pwd|secret|token|apikey|api_key|accesskey|requirepass|masterauth|"
    r"passphrase|credentials?)[\"']?(?:[ \t]*[=:][ \t]*|[ \t]+))(\"[^\"]*\"|'[^']*'|[^\s;,&\"']+)"
)
_HEADER_WORDS: Final = ("basic", "bearer", "slack", "webhooks")
_SHORTEST_BLOB: Final = 40
_PAIR_WORDS: Final = ("pass", "pwd", "secret", "token", "apikey", "api_key", "accesskey", "masterauth", "credential")
_SHORT_FLAGS = re.compile(r"(?<!\S)(-(?:p|a|P|W))([ \t]*)(?!\d{1,5}(?:\s|$))([^\s\-$][^\s]*)")
_HEADER = re.compile(
    r"(?i)\b(basic|bearer)([ \t]+)(?!auth)[A-Za-z0-9+/=._\-]{8,}|(hooks\.slack\.com/services/|/api/webhooks/)[^\s\"']+"
)
_LOGIN = re.compile(r"(?<!\S)(-u|--user)([ =]?)([^\s:\"']{1,200}):(?!//)([^\s\"']+)")
_USER_AND_PASSWORD = re.compile(r"([^\s:]{1,200}):(?!//).+")
_GO_DSN = re.compile(r"[^\s@/\"']{1,200}:[^\s@\"']{1,200}@(?=tcp|unix|\()")
_BLOB = re.compile(r"[A-Za-z0-9+/_\-]{40,}={0,2}")
SHORTEST: Final = 6
"""A shorter value of a secret (a port, ``true``, ``root``) stands in too many places to be hidden wherever it does."""


@lru_cache(maxsize=65536)
def names_secret(name: str) -> bool:
    """Whether a variable or flag of this name holds a secret."""
    parts = words(name)
    if not parts:
        return False
    if parts[-1] in ("file", "path", "name", "url", "host", "ttl", "expiry", "expiration", "enabled", "type", "issuer"):
        return False
    if parts[-1] == "key" and len(parts) > 1:
        return True
    return not _SECRET_WORDS.isdisjoint(parts) or any(part.endswith(_SECRET_ENDINGS) for part in parts)


def holds_secret(name: str, text: str) -> bool:
    """Whether a value must not be kept: its name says so, or it carries credentials."""
    if names_secret(name):
        return True
    if len(text) < SHORTEST:
        return False
    lowered = text.lower()
    if "-----begin" in lowered or (_has_any(lowered, _HEADER_WORDS) and _HEADER.search(text)):
        return True
    if "@" in text and (_USERINFO.search(text) or _GO_DSN.search(text)):
        return True
    if ("=" in text or ":" in text) and _has_any(lowered, _PAIR_WORDS) and _PAIR.search(text):
        return True
    if len(text) < _SHORTEST_BLOB or " " in text or "/" in text.strip("/")[:_SHORTEST_BLOB]:
        return False
    return _BLOB.search(text) is not None


def _has_any(text: str, parts: Iterable[str]) -> bool:
    """Whether one of ``parts`` is in ``text``; asked before a pattern that is slow."""
    return any(map(text.__contains__, parts))


class Secrets:
    """The values that are known to be secret. Found in a text by their first characters, however many they are."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = frozenset(value for value in values if len(value) >= SHORTEST)
        self._by_start: dict[str, list[str]] = {}
        # The longest first, so that no rest of it stays when a shorter one is a part of it.
        for value in sorted(self._values, key=lambda value: (-len(value), value)):
            self._by_start.setdefault(value[:SHORTEST], []).append(value)

    def are_in(self, name: str, text: str) -> bool:
        """Whether a variable of this name and value must not keep the value."""
        return text in self._values or holds_secret(name, text)

    def cleaned(self, text: str) -> str:
        """``text`` with credentials replaced by ``***``: those in URLs and pairs, and every value that is secret."""
        text = self._hidden(text)
        if "://" in text and "@" in text:
            text = _USERINFO.sub(lambda match: f"{match[1] or match[2]}{HIDDEN}@", text)
        if "@" in text:
            text = _GO_DSN.sub(f"{HIDDEN}@", text)
        lowered = text.lower()
        if _has_any(lowered, _HEADER_WORDS):
            text = _HEADER.sub(lambda match: (match[3] or f"{match[1]}{match[2]}") + HIDDEN, text)
        if "-u" in text:
            text = _LOGIN.sub(rf"\1\2\3:{HIDDEN}", text)
        if _has_any(lowered, _PAIR_WORDS):
            text = _PAIR.sub(lambda match: match[1] + (match[2] if _is_reference(match[2]) else HIDDEN), text)
        return text

    def cleaned_command(self, command: Sequence[str]) -> tuple[str, ...]:
        """A command line with the values of secret flags, and whatever ``cleaned`` finds, replaced by ``***``."""
        result: list[str] = []
        before = ""
        for argument in command:
            result.append(self._argument(argument, before))
            before = argument
        return tuple(result)

    def _argument(self, argument: str, before: str) -> str:
        login = _USER_AND_PASSWORD.fullmatch(argument) if before in ("-u", "--user") else None
        if login is not None:
            return f"{login[1]}:{HIDDEN}"
        is_value = _is_flag(before) and "=" not in before and names_secret(before)
        if is_value and not argument.startswith("-") and not _is_reference(argument):
            return HIDDEN
        name, mark, value = argument.partition("=")
        if _is_flag(argument) and mark and names_secret(name) and not _is_reference(value):
            return f"{name}={HIDDEN}"
        if any(char in argument for char in " =@\n"):
            return _SHORT_FLAGS.sub(rf"\1\2{HIDDEN}", self.cleaned(argument))
        return self.cleaned(argument)

    def _hidden(self, text: str) -> str:
        if not self._by_start or len(text) < SHORTEST:
            return text
        starts = {text[index : index + SHORTEST] for index in range(len(text) - SHORTEST + 1)}
        for start in sorted(starts & self._by_start.keys()):
            for value in self._by_start[start]:
                text = text.replace(value, HIDDEN)
        return text


def _is_flag(argument: str) -> bool:
    return argument.startswith("-") and " " not in argument.partition("=")[0]


def _is_reference(value: str) -> bool:
    """Whether it is only a variable that a shell or Kubernetes puts in place."""
    return value.strip("\"'").startswith("$")
