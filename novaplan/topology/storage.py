"""Topologies as files."""

import os

from novaplan.documents import files, reader
from novaplan.errors import TopologyError
from novaplan.garbage import uncollected
from novaplan.topology.system import Topology
from novaplan.topology.validation import validate


def load(source: str | os.PathLike[str]) -> Topology:
    """The topology called ``source``: a file, or a name that is looked up in ``topologies/`` and then in the package;
    ``-`` reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``TopologyError``, each with file, line and field.
    """
    with uncollected():
        return validate(Topology, read(source), TopologyError)


def read(source: str | os.PathLike[str]) -> reader.Document:
    """The document that ``load`` makes a topology of, with the line of everything. Raises as ``load`` does."""
    name = os.fspath(source)
    return reader.read_one(name if name == "-" else str(files.resolve(name, "topologies")))


def loads(text: str, *, file: str = "<text>") -> Topology:
    """The topology that ``text`` holds as YAML or JSON. Raises ``DocumentError`` or ``TopologyError``."""
    with uncollected():
        documents = reader.parse(text, file=file)
        if len(documents) != 1:
            raise TopologyError(f"expected one document, found {len(documents)}", file=file)
        return validate(Topology, documents[0], TopologyError)


def dumps(topology: Topology, *, header: str | None = None) -> str:
    """``topology`` as YAML; ``header`` becomes a comment at its top."""
    from novaplan.documents import writer  # most commands read topologies and write none

    return writer.dump(topology.to_dict(), header=header)


def save(topology: Topology, path: str | os.PathLike[str], *, made_by: str | None = None, force: bool = False) -> None:
    """Write ``topology`` to ``path``, whole or not at all.

    ``made_by`` names the command in the header. Raises ``OutputError`` when the file exists and novaplan did not write
    it, unless ``force``.
    """
    files.write_text(path, dumps(topology, header=files.generated_header(made_by or "novaplan.save")), force=force)
