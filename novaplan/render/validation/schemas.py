"""The schemas of objects, by minor version of Kubernetes."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib import resources
from typing import Any, Final

from novaplan.errors import UnknownNameError

Schema = dict[str, Any]
_SUFFIX: Final = ".json.gz"
_FOLDER: Final = resources.files(__package__).joinpath("schemas")


@cache
def versions() -> tuple[str, ...]:
    """The minor versions that novaplan carries schemas of, oldest first."""
    names = [item.name.removesuffix(_SUFFIX) for item in _FOLDER.iterdir() if item.name.endswith(_SUFFIX)]
    return tuple(sorted(names, key=lambda name: [int(part) for part in name.split(".")]))


def schema_of(api_version: str, kind: str, version: str) -> Schema | None:
    """The schema of a kind of object, whole in itself; None where Kubernetes ``version`` has no such kind, or where it
    is not among the carried ones.

    Raises UnknownNameError for a version whose schemas are not carried.
    """
    if version not in versions():
        raise UnknownNameError(f"no schemas of Kubernetes {version!r} are carried; there are {', '.join(versions())}")
    for carried in (_carried(version), _custom()):
        found = carried["objects"].get(f"{api_version}/{kind}")
        if found is not None:
            return {**found, "$defs": carried["definitions"]}
    return None


@cache
def _carried(version: str) -> dict[str, Schema]:
    packed = _FOLDER.joinpath(version + _SUFFIX).read_bytes()
    carried: dict[str, Schema] = json.loads(gzip.decompress(packed))
    return carried


@cache
def _custom() -> dict[str, Schema]:
    import yaml  # where the topology came from a file it is loaded already

    custom: dict[str, Schema] = yaml.safe_load(_FOLDER.joinpath("custom.yaml").read_text(encoding="utf-8"))
    return custom
