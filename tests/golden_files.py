"""Expected files: compared on every run, written again by ``scripts/golden``."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
REGENERATE = bool(os.environ.get("NOVAPLAN_REGENERATE"))


def check(path: str, text: str) -> None:
    """``text`` is what the file at ``path``, from the root of the project, holds."""
    file = ROOT / path
    if REGENERATE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.is_file(), f"{path} is missing: run scripts/golden"
    assert file.read_text(encoding="utf-8") == text, f"{path} is out of date: run scripts/golden"
