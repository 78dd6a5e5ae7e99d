"""Packages of npm that say what others make of what novaplan writes.

``npm ci`` in ``tests/npm``, or in a copy of it that ``NOVAPLAN_NPM`` names, installs them. Without them such tests are
skipped, unless the variable says that they are there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "npm"


def folder() -> Path:
    """Where they are installed."""
    stated = os.environ.get("NOVAPLAN_NPM")
    found = Path(stated) if stated else HERE
    if stated or (shutil.which("node") and (found / "node_modules").is_dir()):
        return found
    pytest.skip("needs packages of npm: npm ci in tests/npm")
