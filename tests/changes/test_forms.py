"""A difference as people and programs read it."""

import jsonschema
import pytest

from novaplan.changes.compare import diff
from novaplan.topology.base import replace
from novaplan.topology.lineage import Lineage
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from tests import golden_files
from tests.changes import examples
from tests.changes.contract import SCHEMA


@pytest.fixture(scope="module")
def shop():
    return diff(examples.current(), examples.target())


def test_the_shop_as_text(shop):
    golden_files.check("tests/golden/changes/shop.txt", shop.text() + "\n")


def test_the_shop_as_markdown(shop):
    golden_files.check("tests/golden/changes/shop.md", shop.markdown() + "\n")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_text_fits(shop, width):
    assert all(len(line) <= max(width, 24) for line in shop.text(width).splitlines())


def test_no_difference_says_so():
    same = diff(examples.current(), examples.current())
    assert same.text() == same.markdown() == "No differences."
    assert same._repr_html_() == "<p>No differences.</p>"


def test_a_stale_lineage_is_told():
    old = Topology(name="shop", services=(Service(name="a"),))
    target = Topology(name="new", services=(Service(name="b"),), lineage=Lineage(source="shop", digest="sha256:old"))
    assert "made from another version of shop" in diff(old, target).text()


def test_json_keeps_its_contract(shop):
    body = shop.to_dict()
    jsonschema.validate(body, SCHEMA)
    assert body["summary"]["services"] == {"current": 5, "target": 2}
    assert body["lineage"]["services"]["pricing"] == {"fate": "absorbed", "into": ["api"], "reason": ""}
    assert body["summary"]["resources"]["storage_bytes"] == {"current": 15 << 30, "target": 60 << 30}


def test_html_escapes_what_is_in_it():
    nasty = "<img src=x onerror=alert(1)>"
    found = diff(Topology(), Topology(services=(Service(name="a", team=nasty),), description=nasty))
    changed = diff(Topology(services=(Service(name="a"),)), Topology(services=(Service(name="a", team=nasty),)))
    for html in (found._repr_html_(), changed._repr_html_(), changed.markdown()):
        assert "<img" not in html


def test_text_cannot_steer_a_terminal():
    found = diff(
        Topology(services=(Service(name="a"),)), Topology(services=(Service(name="a", team="\x1b[31mred\nline"),))
    )
    assert "\x1b" not in found.text()
    assert "team none -> [31mred line" in found.text()


def test_frames(shop):
    pytest.importorskip("pandas")
    frame = shop.frame()
    assert len(frame) == len(shop)
    assert set(frame.columns) == {"action", "kind", "part", "from", "fields", "reason"}
    fields = shop.fields_table().frame()
    replicas = fields[(fields["part"] == "api") & (fields["field"] == "replicas")]
    assert list(replicas["source"]) == ["orders", "pricing", "edge"]
    assert list(replicas["before"]) == [3, 2, 1]


def test_only_what_changed_has_a_section():
    before = examples.current()
    after = replace(
        before, services=tuple(replace(item, replicas=5) if item.name == "chat" else item for item in before.services)
    )
    text = diff(before, Topology(**{name: getattr(after, name) for name in Topology.model_fields})).text()
    assert "chat\n  replicas        1 -> 5" in text
    assert "services    edge, old-jobs, orders, pricing" in text


def test_many_variables_take_one_line(shop):
    assert "variables         2 changed (LOG, DATABASE_URL), 1 new (MODE)" in shop.text()
