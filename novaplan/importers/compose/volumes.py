"""The short form of a mount: ``source:target:options``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_DRIVE_LENGTH: Final = 1


@dataclass(frozen=True, slots=True)
class ShortVolume:
    """A mount in parts; an anonymous volume has no source."""

    source: str
    target: str
    options: tuple[str, ...] = ()

    @property
    def is_path(self) -> bool:
        """The source is a path on the machine, not the name of a volume."""
        return is_path(self.source)


def is_path(source: str) -> bool:
    """Whether the source of a mount is a path: compose tells by how it starts."""
    return source.startswith((".", "/", "~", "\\\\")) or (len(source) > 1 and source[0].isalpha() and source[1] == ":")


def split_volume(text: str) -> ShortVolume:
    """The parts of a mount; a colon after a single letter belongs to the drive of a Windows path."""
    parts: list[str] = []
    for part in text.split(":"):
        if parts and len(parts[-1]) == _DRIVE_LENGTH and parts[-1].isalpha() and part.startswith(("\\", "/")):
            parts[-1] += ":" + part
        else:
            parts.append(part)
    if len(parts) == 1:
        return ShortVolume("", parts[0])
    options = tuple(option for part in parts[2:] for option in part.split(","))
    return ShortVolume(parts[0], parts[1], options)
