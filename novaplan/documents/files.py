"""Write files whole or not at all, never over somebody's work; find topologies and models by name."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from novaplan.errors import OutputError, UnknownNameError, nearest

Folder = Literal["topologies", "models"]

# What novaplan writes says so near its start, and may be written again.
MARKER: Final = "Written by novaplan"
_MARKER_WITHIN: Final = 1000

_KINDS: Final[dict[Folder, str]] = {"topologies": "topology", "models": "model"}
_EXTENSIONS: Final = (".yaml", ".yml", ".json")


def generated_header(what: str) -> str:
    """The sentence that stands at the top of a generated file and lets novaplan replace it; ``what`` made it."""
    return f"{MARKER} {what}; change the source and run it again, edits here are lost."


def write_text(path: str | os.PathLike[str], text: str, *, force: bool = False) -> None:
    """Write ``text`` in UTF-8 to ``path``, whole or not at all; a symbolic link stays and its target is written.

    Raises OutputError when the file cannot be written, or exists and was not written by novaplan; ``force`` replaces
    such a file too.
    """
    write_bytes(path, text.encode(), force=force)


def write_bytes(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """The same for what is no text, such as a picture."""
    shown = os.fspath(path)
    with as_output_error(shown):
        target = Path(path).resolve()
        _check_target(target, shown, force)
        _replace(target, data)


def _check_target(target: Path, shown: str, force: bool) -> None:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise OutputError("is a folder; name a file in it", file=shown)
    if not stat.S_ISREG(mode):
        raise OutputError("is no ordinary file and cannot be replaced; name another", file=shown)
    if force:
        return
    with target.open("rb") as stream:
        found = stream.read(_MARKER_WITHIN)
        if found.startswith(b"%PDF"):
            # A PDF knows by number of bytes where everything in it stands, so the mark can only follow its end.
            stream.seek(max(stream.tell(), target.stat().st_size - _MARKER_WITHIN))
            found = stream.read(_MARKER_WITHIN)
        if MARKER.encode() not in found:
            raise OutputError("exists and was not written by novaplan; --force replaces it", file=shown)


def _replace(target: Path, data: bytes) -> None:
    # Beside the target, because a rename is whole or nothing only within one file system.
    aside = target.parent / f".novaplan-{secrets.token_hex(8)}.tmp"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def as_output_error(shown: str) -> Iterator[None]:
    """Whatever goes wrong with the file ``shown`` in this block is told as an OutputError."""
    try:
        yield
    except FileNotFoundError as error:
        raise OutputError("the folder of this file does not exist; create it first", file=shown) from error
    except NotADirectoryError as error:
        raise OutputError("the folder of this file is no folder; name another", file=shown) from error
    except PermissionError as error:
        raise OutputError("permission denied; choose a folder that you may write to", file=shown) from error
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or 'unknown reason'}", file=shown) from error
    except (ValueError, RuntimeError) as error:  # a NUL in the name; links that lead in a circle
        raise OutputError("is no name of a file; name another", file=shown) from error


def resolve(name: str, folder: Folder) -> Path:
    """The file that ``name`` means: a path, or what stands as ``NAME.yaml`` in ``folder``.

    The folder under the current directory comes first, then the one that novaplan itself carries. Raises
    UnknownNameError when there is no such file; it lists the known names and hints at the nearest.
    """
    path = Path(name)
    if _is_file(path):
        return path
    if "/" in name or os.sep in name or path.suffix in _EXTENSIONS:
        raise UnknownNameError("there is no such file", file=name)
    for place in _places(folder):
        candidate = place / f"{name}.yaml"
        if name and _is_file(candidate):
            return candidate
    names = known(folder)
    listed = f"known: {', '.join(names)}" if names else f"there are none in ./{folder}"
    raise UnknownNameError(f"there is no {_KINDS[folder]} named {name!r}{nearest(name, names)}; {listed}")


def known(folder: Folder) -> list[str]:
    """The names that ``resolve`` finds in ``folder``, in order."""
    return sorted({file.stem for place in _places(folder) for file in place.glob("*.yaml")})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for a file, or in a folder that may not be searched
        return False


def _places(folder: Folder) -> list[Path]:
    package = Path(__file__).parent.parent
    places = [Path(folder), package / "data" / folder]
    # Beside an installed package stand other packages, one of which may well be called 'models'.
    if (package.parent / "pyproject.toml").is_file():
        places.append(package.parent / folder)
    return places
