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
    r"(?i)((?<![A-Za-z])[A-Za-z_\-]{0,60}(?:password|passwd|pwd|secret|token|apikey|api_key|accesskey|requirepass|masterauth|"
    r"passphrase|credentials?)[\"']?(?:[ \t]*[=:][ \t]*|[ \t]+))(\"[^\"]*\"|'[^']*'|[^\s;,&\"']+)"
)
_SHORT_FLAGS = re.compile(r"(?<!\S)(-(?:p|a|P|W))([ \t]*)(?!\d{1,5}(?:\s|$))([^\s\-$][^\s]*)")
_HEADER = re.compile(
    r"(?i)\b(basic|bearer)([ \t]+)(?!auth)[A-Za-z0-9+/=._\-]{8,}|(hooks\.slack\.com/services/|/api/webhooks/)[^\s\"']+"
)
_LOGIN = re.compile(r"(?<!\S)(-u|--user)([ =]?)([^\s:\"']{1,200}):(?!//)([^\s\"']+)")
_USER_AND_PASSWORD = re.compile(r"([^\s:]{1,200}):(?!//).+")
_GO_DSN = re.compile(r"[^\s@/\"']{1,200}:[^\s@\"']{1,200}@(?=tcp|unix|\()")
_BLOB = re.compile(r"[A-Za-z0-9+/_\-]{40,}={0,2}")
_SHORTEST: Final = 6
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
    if len(text) < _SHORTEST:
        return False
    if "-----BEGIN" in text or _HEADER.search(text):
        return True
    if "@" in text and (_USERINFO.search(text) or _GO_DSN.search(text)):
        return True
    if ("=" in text or ":" in text) and _PAIR.search(text):
        return True
    return len(text) >= 40 and _BLOB.search(text) is not None and " " not in text and "/" not in text.strip("/")[:40]


def cleaned(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with credentials replaced by ``***``: those in URLs and pairs, and every value in ``secrets``."""
    for value in secrets:
        if len(value) >= _SHORTEST and value in text:
            text = text.replace(value, HIDDEN)
    if "://" in text and "@" in text:
        text = _USERINFO.sub(lambda match: f"{match[1] or match[2]}{HIDDEN}@", text)
    if "@" in text:
        text = _GO_DSN.sub(f"{HIDDEN}@", text)
    text = _HEADER.sub(lambda match: (match[3] or f"{match[1]}{match[2]}") + HIDDEN, text)
    if "-u" in text:
        text = _LOGIN.sub(rf"\1\2\3:{HIDDEN}", text)
    return _PAIR.sub(lambda match: match[1] + (match[2] if _is_reference(match[2]) else HIDDEN), text)


def cleaned_command(command: Sequence[str], secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """A command line with the values of secret flags, and whatever ``cleaned`` finds, replaced by ``***``."""
    secrets = tuple(secrets)
    result: list[str] = []
    hide_next = False
    before = ""
    for argument in command:
        login = _USER_AND_PASSWORD.fullmatch(argument) if before in ("-u", "--user") else None
        before = argument
        if login is not None:
            result.append(f"{login[1]}:{HIDDEN}")
            continue
        if hide_next and not argument.startswith("-") and not _is_reference(argument):
            result.append(HIDDEN)
            hide_next = False
            continue
        name, mark, value = argument.partition("=")
        plain_flag = argument.startswith("-") and " " not in name
        hide_next = plain_flag and not mark and names_secret(name)
        if plain_flag and mark and names_secret(name) and not _is_reference(value):
            result.append(f"{name}={HIDDEN}")
        elif argument and (" " in argument or "=" in argument or "@" in argument or "\n" in argument):
            result.append(_SHORT_FLAGS.sub(rf"\1\2{HIDDEN}", cleaned(argument, secrets)))
        else:
            result.append(cleaned(argument, secrets))
    return tuple(result)


def _is_reference(value: str) -> bool:
    """Whether it is only a variable that a shell or Kubernetes puts in place."""
    return value.strip("\"'").startswith("$")
