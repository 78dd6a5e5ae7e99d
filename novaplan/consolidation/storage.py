"""Policies as files."""

import os

from novaplan.consolidation.policy import Policy
from novaplan.documents import files, reader
from novaplan.documents.positions import Document
from novaplan.errors import PolicyError
from novaplan.topology.validation import validate


def load_policy(source: str | os.PathLike[str]) -> Policy:
    """The policy called ``source``: a file, or a name that is looked up in ``models/`` and then in the package; ``-``
    reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``PolicyError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return _policy(reader.read_one(path))


def loads_policy(text: str, *, file: str = "<text>") -> Policy:
    """The policy that ``text`` holds as YAML or JSON. Raises ``DocumentError`` or ``PolicyError``."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise PolicyError(f"expected one document, found {len(documents)}", file=file)
    return _policy(documents[0])


def _policy(document: Document) -> Policy:
    policy = validate(Policy, document, PolicyError)
    policy._document = document
    return policy
