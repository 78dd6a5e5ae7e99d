"""The settings that hold where none are named, and the page that explains them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from novaplan.render.settings import Settings
from tests.render.examples import SYSTEMS, bundle, settings

PAGE = (Path(__file__).parents[2] / "docs" / "render.md").read_text(encoding="utf-8")


def test_the_file_says_what_the_code_does() -> None:
    """Apart from what only a file may assume: ports of externals, and what images need."""
    told, known = settings().model_dump(), Settings().model_dump()
    assert told.pop("programs").keys() == {"nginx"}
    assert known.pop("programs") == {}
    assert told["network"].pop("external_ports").keys() == {"smtp", "stun", "turn"}
    assert known["network"].pop("external_ports") == {}
    del told["description"], known["description"]
    assert told == known


def test_the_file_shows_every_setting() -> None:
    text = (Path(__file__).parents[2] / "models" / "render.yaml").read_text(encoding="utf-8")
    assert [field for field in Settings.model_fields if not re.search(rf"^#? ?{field}:", text, re.MULTILINE)] == []


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_page_explains_every_variable(name: str) -> None:
    told = set(re.findall(r"`([A-Z.][A-Z0-9_.*]+)`", PAGE))
    ends = {item.lstrip(".").rstrip("*") for item in told if item.startswith("...")}
    ends |= {item.removeprefix("SERVER_PART") for item in told if item.startswith("SERVER_PART")}
    maps = [item for item in bundle(name).manifests if item["kind"] == "ConfigMap"]
    found = {key for item in maps if item["metadata"]["name"].endswith("-service-config") for key in item["data"]}
    for key in found:
        assert key in told or key.startswith(("FEATURE_", "VOLUME_")) or any(end in key for end in ends), key
