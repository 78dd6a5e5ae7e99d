"""What the report will say about reading the files: each thing once, however often it was met."""

from __future__ import annotations

from novaplan.errors import InputError
from novaplan.importers.compose.interpolation import Lookup, MissingVariable, substitute
from novaplan.importers.draft import Note, Where


class Notes:
    """Collects the notes of one import."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str, str | None, int | None], Note] = {}
        self._unset: dict[str, list[Where]] = {}
        self.written: list[tuple[str, Where]] = []
        """Texts with variables as they were written, before these were filled in."""

    def read(self, message: str, where: Where | None = None) -> None:
        """Something was read."""
        self._add(Note("read", message, where))

    def left_out(self, message: str, where: Where | None = None) -> None:
        """Something was seen and is not in the topology."""
        self._add(Note("left out", message, where))

    def uncertain(self, message: str, where: Where | None = None) -> None:
        """Something could not be told from the files."""
        self._add(Note("uncertain", message, where))

    def _add(self, note: Note) -> None:
        where = note.where
        key = (note.kind, note.message, where.file if where else None, where.line if where else None)
        self._notes.setdefault(key, note)

    def interpolated(self, text: str, lookup: Lookup, where: Where, *, rendered: bool = False) -> str:
        """``text`` with its variables filled in, and notes of those that are not set.

        Raises InputError for a variable that the file demands and that is not set; but in a file that novaplan
        ``rendered`` those hold values of secrets, which are never read: what they open is in the record.
        """
        self.written.append((text, where))
        if rendered and _demands(text):
            return ""
        try:
            result = substitute(text, lookup)
        except MissingVariable as missing:
            message = f"demands the variable {missing.name}, which is not set"
            message += f": {missing.message}" if missing.message else ""
            raise InputError(message, file=where.file, line=where.line, field=where.field) from None
        for name in result.unset:
            self._unset.setdefault(name, []).append(where)
        if result.odd:
            self.uncertain("a '$' that docker compose refuses was kept as it is; write '$$' to mean a '$'", where)
        return result.text

    def all(self) -> tuple[Note, ...]:
        """Every note, those about variables last."""
        return (*self._notes.values(), *(_unset(name, places) for name, places in self._unset.items()))


def _demands(text: str) -> bool:
    """Whether a text takes a variable that must be set."""
    try:
        substitute(text, lambda _: None)
    except MissingVariable:
        return True
    return False


def _unset(name: str, places: list[Where]) -> Note:
    others = len({(place.file, place.line) for place in places}) - 1
    more = f", here and in {others} more {'place' if others == 1 else 'places'}" if others else ""
    return Note("uncertain", f"the variable {name} is not set, and was taken as empty{more}", places[0])
