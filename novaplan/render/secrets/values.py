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
import stat
import string
from collections.abc import Iterable, Iterator, Mapping
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


def generated_values(needs: Iterable[SecretNeed], known: Values | None = None) -> str:
    """Secrets with a random value for every key that has a recipe, as YAML. What is ``known`` stays as it is, and
    passwords in it are used again."""
    found: dict[tuple[str, str], dict[str, bytes]] = {place: dict(held) for place, held in (known or {}).items()}
    wanted = {(need.namespace or "", need.name): need for need in needs}
    passwords = dict(_known_passwords(wanted, found))

    def password(match: re.Match[str]) -> str:
        return passwords.setdefault(match.group(1), "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))

    for place, need in wanted.items():
        for key in need.keys:
            if key.recipe is not None and key.name not in found.get(place, {}):
                found.setdefault(place, {})[key.name] = _PASSWORD.sub(password, key.recipe).encode()
    types = {place: need.type for place, need in wanted.items()}
    return writer.dump_all([_secret(place, types.get(place), held) for place, held in found.items()], header=_HEADER)


def _known_passwords(
    wanted: Mapping[tuple[str, str], SecretNeed], found: Mapping[tuple[str, str], Mapping[str, bytes]]
) -> Iterator[tuple[str, str]]:
    """Passwords by name, of keys that hold one alone."""
    for place, need in wanted.items():
        for key in need.keys:
            alone = _PASSWORD.fullmatch(key.recipe or "")
            if alone is not None and key.name in found.get(place, {}):
                yield alone.group(1), found[place][key.name].decode()


def _secret(place: tuple[str, str], kind: str | None, held: Mapping[str, bytes]) -> dict[str, Any]:
    metadata = without_absent({"name": place[1], "namespace": place[0] or None})
    data = {key: base64.b64encode(value).decode() for key, value in sorted(held.items())}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind or "Opaque", "data": data}


def by_hand(needs: Iterable[SecretNeed], known: Values | None = None) -> list[tuple[SecretNeed, Key]]:
    """Keys whose value only a person can supply, and which are not ``known``."""
    held = known or {}
    return [
        (need, key)
        for need in needs
        for key in need.keys
        if key.recipe is None and key.name not in held.get((need.namespace or "", need.name), {})
    ]


def values_file(folder: Path) -> Path:
    """Where the values of what is rendered to ``folder`` go: beside it."""
    whole = folder.resolve()
    return whole.parent / f"{whole.name or 'novaplan'}-secrets.yaml"


def make_values(path: Path, needs: Iterable[SecretNeed], *, manifests: Path, force: bool = False) -> Values:
    """Write new values for ``needs`` to ``path`` and return all that it holds. A file that lacks nothing stays as it
    is; with ``force`` one that does gets what it lacks. What it has stays, since servers may run with it: to have new
    ones, delete it.

    Raises as ``write_values`` and ``read_values``.
    """
    needs = tuple(needs)
    known = read_values(path) if path.exists() else None
    if known is not None and not _lacks(known, needs):
        _require_own(path)
        return known
    write_values(path, generated_values(needs, known), manifests=manifests, force=force)
    return read_values(path)


def _require_own(path: Path) -> None:
    """Raise OutputError for a file that others may read."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise OutputError("others may read these values; chmod 600 it, then render again", file=os.fspath(path))


def _lacks(known: Values, needs: Iterable[SecretNeed]) -> bool:
    """Whether some key that could be made is missing."""
    return any(
        key.recipe is not None and key.name not in known.get((need.namespace or "", need.name), {})
        for need in needs
        for key in need.keys
    )


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
        message = "exists, and its values may be in use; --force keeps them and adds what is missing"
        raise OutputError(message, file=shown) from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise OutputError(f"cannot be written: {reason}; name a file elsewhere", file=shown) from None


def read_values(path: Path) -> Values:
    """What a file of Secrets holds, as ``generated_values`` or ``kubectl`` writes it: under ``data`` in Base64, under
    ``stringData`` plainly. Raises DocumentError, which quotes no value."""
    if not path.exists():
        raise DocumentError("there is no such file; --secrets generate makes one", file=os.fspath(path))
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
