"""Tables: the same cells for a terminal, a pull request, a notebook and pandas, whatever text is in them."""

from __future__ import annotations

import html
import html.parser
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.errors import MissingExtraError, one_line
from novaplan.tables import NARROWEST, Table
from tests.strategies import HOSTILE_TEXTS, texts

CELLS = texts() | st.none() | st.booleans() | st.integers() | st.lists(texts(), max_size=2).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(texts(), min_size=1, max_size=6))
    rows = st.lists(CELLS, min_size=len(columns), max_size=len(columns)).map(tuple)
    return Table(draw(texts()), tuple(columns), tuple(draw(st.lists(rows, max_size=5))))


SERVICES = Table(
    "Services",
    ("name", "replicas", "optional", "ports", "note"),
    (("api", 2, False, (80, 443), None), ("stream", 10, True, (), "a | b")),
)


def test_text_is_aligned_and_numbers_stand_to_the_right() -> None:
    assert SERVICES.text().split("\n") == [
        "Services",
        "",
        "name      replicas  optional    ports    note",
        "------  ----------  ----------  -------  ------",
        "api              2  no          80, 443",
        "stream          10  yes                  a | b",
    ]


def test_markdown_escapes_what_would_break_the_table() -> None:
    assert SERVICES.markdown().split("\n") == [
        "### Services",
        "",
        "| name | replicas | optional | ports | note |",
        "| --- | --: | --- | --- | --- |",
        "| api | 2 | no | 80, 443 |  |",
        "| stream | 10 | yes |  | a \\| b |",
    ]


def test_html_escapes_everything() -> None:
    table = Table("<b>", ("<i>",), (("<script>alert(1)</script>",), ('"&',)))

    assert table.html() == (
        '<table><caption>&lt;b&gt;</caption><thead><tr><th scope="col">&lt;i&gt;</th></tr></thead>'
        "<tbody><tr><td>&lt;script&gt;alert(1)&lt;/script&gt;</td></tr><tr><td>&quot;&amp;</td></tr></tbody></table>"
    )
    assert table._repr_html_() == table.html()


def test_a_table_without_rows_still_shows_its_columns() -> None:
    table = Table("", ("a", "b"), ())

    assert table.text() == "a    b\n---  ---"
    assert table.markdown() == "| a | b |\n| --- | --- |"
    assert table.html().count("<th ") == 2


def test_a_wide_cell_is_folded_and_nothing_of_it_is_lost() -> None:
    words = " ".join(f"word{number}" for number in range(60))
    text = Table("", ("name", "note"), (("api", words),)).text(width=60)

    assert max(map(len, text.split("\n"))) <= 60
    assert all(word in text for word in words.split())


@given(
    st.lists(st.text("abc d", max_size=40), min_size=2, max_size=6).flatmap(
        lambda cells: st.tuples(st.just(cells), st.integers(8 * len(cells) + 2 * len(cells), 120))
    )
)
def test_text_fits_any_width_in_which_columns_stay_readable(drawn: tuple[list[str], int]) -> None:
    cells, width = drawn
    columns = [name * 3 for name in ("a long header ", "b", "c", "d", "e", "f")][: len(cells)]
    table = Table("", tuple(columns), (tuple(cells),))

    assert max(map(len, table.text(width).split("\n"))) <= width
    assert width // len(cells) >= NARROWEST


@given(tables())
def test_markdown_keeps_its_rows_and_columns(table: Table) -> None:
    lines = table.markdown().split("\n")
    body = lines[2:] if table.title else lines

    assert len(body) == 2 + len(table.rows)
    for line in body:
        unescaped = line.replace("\\\\", "").replace("\\|", "")
        assert unescaped.count("|") == len(table.columns) + 1
        assert "<" not in line


class Cells(html.parser.HTMLParser):
    """The tags and the texts of a table."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@given(st.lists(texts(), min_size=1, max_size=4))
def test_html_shows_any_text_and_takes_none_for_a_tag(cells: list[str]) -> None:
    found = Cells()
    found.feed(Table("", tuple(cells), (tuple(cells),)).html())

    assert found.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert found.cells[len(cells) :] == [one_line(cell) for cell in cells]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_no_text_breaks_a_line_or_reaches_the_terminal_raw(text: str) -> None:
    table = Table("", ("a", "b"), ((text, "end"),))

    for shown in (table.text(400), table.markdown(), table.html()):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert len(table.text(400).splitlines()) == 3
    assert len(table.markdown().splitlines()) == 3


def test_a_frame_has_the_plain_values() -> None:
    pytest.importorskip("pandas")
    frame = SERVICES.frame()

    assert list(frame.columns) == list(SERVICES.columns)
    assert frame["replicas"].tolist() == [2, 10]
    assert frame["optional"].tolist() == [False, True]


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(MissingExtraError, match=r"^data frames need pandas: pip install 'novaplan\[notebook\]'$"):
        SERVICES.frame()
