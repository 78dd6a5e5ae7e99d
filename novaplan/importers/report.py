"""What an import read, what it left out and why, and what it could not be sure of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from novaplan.errors import one_line
from novaplan.importers.draft import Note, NoteKind

_ORDER: Final[tuple[NoteKind, ...]] = ("read", "left out", "uncertain")


@dataclass(frozen=True, slots=True)
class Report:
    """The notes of an import, each once, in one order. No value of a setting is in them."""

    notes: tuple[Note, ...] = ()

    @property
    def uncertain(self) -> tuple[Note, ...]:
        """What the topology may have wrong."""
        return tuple(note for note in self.notes if note.kind == "uncertain")

    @property
    def left_out(self) -> tuple[Note, ...]:
        """What the topology does not have."""
        return tuple(note for note in self.notes if note.kind == "left out")

    def lines(self, *, most: int | None = None) -> Iterator[str]:
        """One line of text for each note; ``most`` bounds the lines of each kind and says how many there are more."""
        for kind in _ORDER:
            notes = [note for note in self.notes if note.kind == kind]
            shown = notes if most is None else notes[:most]
            yield from (_line(note) for note in shown)
            if len(notes) > len(shown):
                yield f"{kind}: {len(notes) - len(shown)} more"


def report(notes: Iterable[Note]) -> Report:
    """A report of ``notes``: each once, by kind, file and line."""
    return Report(tuple(sorted(dict.fromkeys(notes), key=_position)))


def _position(note: Note) -> tuple[int, str, int, str]:
    where = note.where
    return (_ORDER.index(note.kind), where.file if where else "", (where.line if where else 0) or 0, note.message)


def _line(note: Note) -> str:
    place = ""
    if note.where is not None:
        place = note.where.file + (f":{note.where.line}" if note.where.line else "") + ": "
        place += f"{note.where.field}: " if note.where.field else ""
    return one_line(f"{note.kind}: {place}{note.message}")
