"""Credentials where they are written: which values are some, and which of those anybody would guess.

Values are looked at and never told.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from novaplan.checks.cluster import place
from novaplan.importers.addresses.wordlist import word_list
from novaplan.importers.draft import Where
from novaplan.importers.kubernetes.manifests import Manifest, text_of

_MARKS: Final = re.compile(
    r"(?i)change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|this|with)|place[-_ ]?holder|redacted|your[-_ ][a-z]|"
    r"[-_ ]here$|^to[-_ ]?do\b|x{5,}|<[a-z][a-z_ -]*>|^example|\bdummy\b|not[-_ ]?a[-_ ]?real|base64[-_ ]encoded|\.{3}$"
)
_GUESSED: Final = word_list(
    "admin administrator changeit default docker-password elastic guest letmein minioadmin minio mysecretpassword neo4j"
    " pass passwd password password123 postgres redis root secret secretpassword supersecret test test123 toor"
    " 123456 12345678 qwerty pass123 admin123 rootpassword"
)
_USERINFO: Final = re.compile(r"://([^\s/@:\"']*):([^\s@\"']+)@")
_KEY_BLOCK: Final = re.compile(r"-----BEGIN [A-Z ]+-----(.*?)-----END [A-Z ]+-----", re.DOTALL)
_CREDENTIAL: Final = re.compile(
    r"(?i)(?:password|passwd|pwd|passphrase|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|secret[_.-]?key|"
    r"encryption[_.-]?key|secretbox[_.-]?key|signing[_.-]?key|credentials?|neo4j[_.-]auth|-pass)"
    r"(?:[_.-](?:b64|base64|pem|hex))?$"
)
_NOT_ONE: Final = re.compile(r"(?i)(?:^|[_.-])(?:cluster|page|continuation|max|min|public)[_.-]?(?:token|key|secret)")
_PLAIN: Final = re.compile(r"(?i)-?\d{1,5}(?:\.\d+)?(?:ms|s|m|h)?|true|false|yes|no|on|off|none|null|/\S*")
_DIRECTIVES: Final = (
    re.compile(r"(?i)^(?:sentinel\s+auth-pass\s+\S+|requirepass|masterauth|primaryauth)\s+(?P<value>\S+)"),
    re.compile(r"(?i)\b(?:create|alter)\s+(?:user|role)\b.*\bpassword\s+'(?P<value>[^':%][^']*)'"),
    re.compile(r"""^["']?(?P<name>[\w.-]+)["']?\s*[=:]\s*["']?(?P<value>[^\s"',;]+)["']?,?$"""),
    re.compile(r"://[^\s/@:\"'$]*:(?P<value>[^\s@\"'/]+)@"),
    re.compile(r"(?P<value>-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)"),
)


def is_reference(value: str) -> bool:
    """Whether something else will be put in place of it: ``${PASSWORD}``, ``$(PASSWORD)``, ``{{ ... }}``."""
    return value.strip("\"'").startswith(("$", "{{"))


def is_guessed(name: str, value: str) -> bool:
    """Whether a value is a placeholder, or as a credential a default that everybody knows; of a URL the password
    counts."""
    url = _USERINFO.search(value)
    if url is not None:
        value = url[2]
    block = _KEY_BLOCK.search(value)
    if block is not None:
        return not is_encoded(block[1])
    value = value.strip()
    if not value or is_reference(value):
        return False
    known = value.lower().rpartition("/")[2] in _GUESSED  # NEO4J_AUTH is user/password
    return _MARKS.search(value) is not None or (known and (url is not None or _CREDENTIAL.search(name) is not None))


def is_encoded(body: str) -> bool:
    """Whether the inside of a PEM block is base64 of what such blocks hold: ASN.1, or a key of OpenSSH."""
    decoded = decoded_base64("".join(body.split())) or b""
    return len(decoded) > 16 and decoded.startswith((b"\x30", b"\x06", b"openssh-key"))


def decoded_base64(text: str) -> bytes | None:
    """What base64 stands for, in either alphabet; None when ``text`` is not base64."""
    try:
        return base64.b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        return None


def is_credential(name: str, value: str) -> bool:
    """Whether a value of this name lets somebody in; a public key, a reference, a path and nothing at all do not."""
    if not value.strip() or is_reference(value):
        return False
    url = _USERINFO.search(value)
    if url is not None:
        return not is_reference(url[2])
    if "BEGIN PUBLIC KEY" in value or "BEGIN CERTIFICATE" in value or _PLAIN.fullmatch(value.strip()):
        return False
    return "PRIVATE KEY-----" in value or (_CREDENTIAL.search(name) is not None and not _NOT_ONE.search(name))


def credential_lines(text: str) -> Iterator[int]:
    """The lines of a configuration file, from 0, that hold a credential."""
    for number, line in enumerate(text.splitlines()):
        bare = line.strip()
        if bare and not bare.startswith(("#", "--", "//", ";", "echo ", "printf ")) and _holds_credential(bare):
            yield number


def _holds_credential(line: str) -> bool:
    for pattern in _DIRECTIVES:
        found = pattern.search(line)
        if found is not None:
            value = found["value"]
            name = found.groupdict().get("name")
            named = name is None or is_credential(name, value)
            if named and not is_reference(value) and not _PLAIN.fullmatch(value):
                return True
    return False


@dataclass(frozen=True, slots=True)
class Value:
    """One key of a Secret."""

    key: str
    text: str = field(repr=False)
    where: Where


def values_of(secret: Manifest) -> Iterator[Value]:
    """What a Secret holds in plain sight, decoded; what is no text is left out."""
    for section in ("data", "stringData"):
        node: dict[str, Any] = secret.map(secret.value, section)
        for key, item in node.items():
            text = text_of(item)
            if text is None:
                continue
            if section == "data":
                try:
                    text = base64.b64decode(text, validate=True).decode()
                except (binascii.Error, ValueError):
                    continue
            yield Value(key, text, place(secret, node, key, f"{section}.{key}"))


def directive(line: str) -> str:
    """What a line of a configuration file sets, without its value."""
    words = line.split()
    count = 2 if words[0].lower() in ("sentinel", "create", "alter", "set") else 1
    return " ".join(words[:count]).rstrip(":=").partition("=")[0]
