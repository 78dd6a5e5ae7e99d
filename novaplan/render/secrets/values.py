"""Values of secrets: made at random, kept in one file outside the manifests that its owner alone can read.

A password is named once and stands wherever its name stands, so what a server takes and what a client sends agree. What
has a value keeps it: a file that exists is replaced only on request, and nothing here writes to a cluster.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from novaplan.documents import reader, writer
from novaplan.errors import DocumentError, OutputError
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.manifests import without_absent

_PASSWORD: Final = re.compile(r"\{([^{}]+)\}")
_LETTERS: Final = string.ascii_letters + string.digits
_LENGTH: Final = 32
"""Of letters and digits alone, which need no quotes in a URL, a shell or SQL: 190 bits."""
_HEADER: Final = "Values of secrets. Only you may read this file: keep it out of version control, and keep it safe."
_MODE: Final = 0o600

Values = Mapping[tuple[str, str], Mapping[str, bytes]]
"""By namespace and name of the Secret, then by key."""


def generated_values(needs: Iterable[SecretNeed]) -> str:
    """Secrets with new random values for every key that has a recipe, as YAML."""
    passwords: dict[str, str] = {}

    def password(match: re.Match[str]) -> str:
        return passwords.setdefault(match.group(1), "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))

    found = []
    for need in needs:
        data = {key.name: _encoded(_PASSWORD.sub(password, key.recipe)) for key in need.keys if key.recipe is not None}
        if data:
            found.append(_secret(need, data))
    return writer.dump_all(found, header=_HEADER)


def _secret(need: SecretNeed, data: dict[str, str]) -> dict[str, Any]:
    metadata = without_absent({"name": need.name, "namespace": need.namespace})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": need.type, "data": data}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def by_hand(needs: Iterable[SecretNeed]) -> list[tuple[SecretNeed, Key]]:
    """Keys whose value only a person can supply."""
    return [(need, key) for need in needs for key in need.keys if key.recipe is None]


def values_file(folder: Path) -> Path:
    """Where the values of what is rendered to ``folder`` go: beside it."""
    whole = folder.resolve()
    return whole.parent / f"{whole.name or 'novaplan'}-secrets.yaml"


def write_values(path: Path, text: str, *, manifests: Path, force: bool = False) -> None:
    """Write ``text`` to ``path``, whole or not at all, and never readable by anybody else.

    Raises OutputError when the file exists and ``force`` is not given, when it would stand among the ``manifests``, or
    cannot be written.
    """
    shown = os.fspath(path)
    target = path.parent.resolve() / path.name
    if target.is_relative_to(manifests.resolve()):
        raise OutputError("values of secrets stay out of the manifests' folder; name a file elsewhere", file=shown)
    aside = target.parent / f".novaplan-{secrets.token_hex(8)}.tmp"
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(descriptor)
            if force:
                aside.replace(target)
            else:
                target.hardlink_to(aside)  # unlike a rename, it replaces nothing
        finally:
            aside.unlink(missing_ok=True)
    except FileExistsError:
        raise OutputError("exists, and its values may be in use; --force makes new ones", file=shown) from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise OutputError(f"cannot be written: {reason}; name a file elsewhere", file=shown) from None


def read_values(path: Path) -> Values:
    """What a file of Secrets holds, as ``generated_values`` or ``kubectl`` writes it: under ``data`` in Base64, under
    ``stringData`` plainly. Raises DocumentError, which quotes no value."""
    found: dict[tuple[str, str], dict[str, bytes]] = {}
    for document in reader.read(path):
        body = document.value
        if body is None:
            continue
        metadata = body.get("metadata") if isinstance(body, dict) and body.get("kind") == "Secret" else None
        if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
            raise DocumentError("is no Secret with a name", file=os.fspath(path), line=document.line)
        place = (str(metadata.get("namespace") or ""), metadata["name"])
        held = found.setdefault(place, {})
        for field, decode in (("data", _decoded), ("stringData", str.encode)):
            for key, value in (body.get(field) or {}).items():
                try:
                    held[key] = decode(value)
                except (TypeError, ValueError):
                    message = "is not text in Base64" if field == "data" else "is not text"
                    where = f"{field}.{key}"
                    raise DocumentError(message, file=os.fspath(path), line=document.line, field=where) from None
    return found


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError from error
