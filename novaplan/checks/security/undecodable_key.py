"""A key that is handed over in base64 is base64, and as long as its cipher wants it.

A program that cannot decode its key, or gets one of another length, ends at its start or at the first message: NaCl's
secretbox takes 32 bytes and nothing else. Looked at: variables and keys of Secrets whose names end in B64 or BASE64.
Placeholders are told by placeholder-secret.
Values are decoded here and never told.
Source: https://doc.libsodium.org/secret-key_cryptography/secretbox
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.credentials import decoded_base64, is_guessed, is_reference
from novaplan.checks.found import Found
from novaplan.importers.draft import Draft, Where

SEVERITY = "error"
_NAME = re.compile(r"(?i)(?:^|[_.-])(?:b64|base64)$")
_SECRETBOX = re.compile(r"(?i)secret[_.-]?box")
_SECRETBOX_BYTES = 32


def workloads(draft: Draft) -> Iterator[Found]:
    """Variables of containers, whatever they come from; a place that several take is told once."""
    seen: set[Where] = set()
    for workload in draft.workloads:
        for setting in (item for container in workload.containers for item in container.settings):
            text = setting.text or ""
            if setting.source != "env" or not _NAME.search(setting.name) or not text or is_reference(text):
                continue
            wrong = "" if is_guessed(setting.name, text) else _wrong(setting.name, text)
            if wrong and setting.where not in seen:
                seen.add(setting.where)
                remedy = "make one with openssl rand -base64 32" if "bytes" in wrong else "encode the value in base64"
                yield Found(workload.name, f"{setting.name} {wrong}", remedy, setting.where)


def _wrong(name: str, text: str) -> str:
    decoded = decoded_base64(text)
    if decoded is None:
        return "is said to be base64 and cannot be decoded: what needs it ends when it reads it"
    if _SECRETBOX.search(name) and len(decoded) != _SECRETBOX_BYTES:
        return f"holds {len(decoded)} bytes, and secretbox takes 32: the key is refused"
    return ""
