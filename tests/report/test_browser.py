"""The page in a real browser: for the eye, the keyboard, a screen reader, a phone and a printer."""

from __future__ import annotations

import re
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest

from novaplan.report.page import report
from novaplan.topology.storage import load
from tests.report.conftest import Opened
from tests.report.pages import HOSTILE, hostile, nova, shop

pytestmark = pytest.mark.browser

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """What axe-core has against the page as it is."""
    axe = resources.files("axe_playwright_python") / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    assert len(found["passes"]) > 20  # it did look
    return [f"{item['id']}: {node['html'][:200]}" for item in found["violations"] for node in item["nodes"]]


def counted(page: Any, selector: str) -> int:
    """How many of them can be seen."""
    return int(page.locator(f"{selector} >> visible=true").count())


@pytest.mark.parametrize(
    "options",
    [
        {**DESKTOP, "color_scheme": "light"},
        {**DESKTOP, "color_scheme": "dark"},
        {**PHONE, "color_scheme": "light"},
        {**PHONE, "color_scheme": "dark", "reduced_motion": "reduce"},
    ],
    ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"],
)
def test_nothing_keeps_anybody_out(opened: Opened, options: dict[str, Any]) -> None:
    page = opened(shop(), **options)
    page.locator("#step-20 summary").click()
    page.locator("section#differences details summary").first.click()
    page.locator("[data-walk=on]").click()
    assert violations(page) == []


def test_nothing_keeps_anybody_out_of_a_page_with_claims(opened: Opened) -> None:
    assert violations(opened(nova(), **DESKTOP)) == []


def test_a_refused_plan_keeps_nobody_out(opened: Opened) -> None:
    page = opened(report(load("current"), load("shop")), **DESKTOP)
    assert counted(page, "section") == 6
    assert violations(page) == []


def test_a_phone_never_scrolls_sideways(opened: Opened) -> None:
    page = opened(nova(), **PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [360, 360]


def test_sentences_in_tables_can_be_read_on_a_phone(opened: Opened) -> None:
    page = opened(nova(), **PHONE)
    widths = page.evaluate("[...document.querySelectorAll('td.words')].map(each => each.offsetWidth)")
    assert min(widths) >= 240


def test_hostile_texts_do_nothing_and_can_be_read(opened: Opened) -> None:
    page = opened(hostile(), **DESKTOP)
    assert HOSTILE.split()[0] in page.locator("h1").inner_text()
    page.locator("#search").fill("alert")
    page.locator("#found").filter(has_text=re.compile("found")).wait_for()
    page.locator("#search").fill("")
    if page.locator("#walk-picture").count():
        page.locator("#walk-picture .node").first.hover()
        assert page.locator("#tip").is_visible()
    page.locator("[data-walk=last]").click()
    assert "After step" in page.locator(".state .title").inner_text()


def test_search_leaves_what_matches_all_over_the_page(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    every = counted(page, "main tbody tr, main details.step")
    page.locator("body").press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("MESSAGING-service kafka")
    page.locator("#found").filter(has_text="found").wait_for()
    found = int(page.locator("#found").inner_text().split()[0])
    assert 0 < found < every
    for text in page.locator("main .item:not(.miss) >> visible=true").all_text_contents():
        assert "messaging-service" in text.lower()
        assert "kafka" in text.lower()
    page.locator("#search").fill("nowhere-to-be-found")
    page.locator("#found").filter(has_text=re.compile("^0 found")).wait_for()
    assert counted(page, ".nothing") == counted(page, "section")
    page.locator("#search").press("Escape")
    assert page.locator("#search").input_value() == ""
    assert counted(page, "main tbody tr, main details.step") == every


def test_changes_are_sifted_by_what_they_are(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    every = counted(page, "#changes tbody tr")
    merges = counted(page, "#changes tbody tr[data-marks=merge]")
    for name in ("create", "update", "delete", "move", "internal"):
        page.locator(f"[data-filter=changes] input[value={name}]").uncheck()
    assert counted(page, "#changes tbody tr") == merges < every
    assert page.locator("[data-filter=changes] [data-count]").inner_text() == f"{merges} of {every}"
    page.locator("[data-filter=changes] select").select_option("service")
    assert 0 < counted(page, "#changes tbody tr") < merges
    page.locator("[data-filter=steps] select").select_option("no-return")
    assert counted(page, "details.step") == page.locator(".step [class='badge bad']").count()


def test_the_slider_walks_through_the_states(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    slider, title, told = page.locator("#state"), page.locator(".state .title"), page.locator(".told li")
    last = int(slider.get_attribute("max") or 0)
    assert "as it is" in title.inner_text()
    assert counted(page, "#node-c_user_2d_service") == 1
    assert counted(page, "#node-c_api_2d_service") == 0
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert f"After step 1 of {last}" in title.inner_text()
    page.keyboard.press("End")
    assert f"After step {last} of {last}" in title.inner_text()
    assert counted(page, "#node-c_user_2d_service") == 0
    assert counted(page, "#node-c_api_2d_service") == 1
    page.keyboard.press("Home")
    number = next(number for number in range(1, last) if "new: service api-service" in _told(page, number))
    assert "new" in (page.locator("#node-c_api_2d_service").get_attribute("class") or "").split()
    assert told.count() > 0
    page.locator(f"#step-{number} summary").click()
    page.locator(f"#step-{number} .see").click()
    assert f"After step {number} of" in title.inner_text()
    assert slider.get_attribute("aria-valuetext") == title.inner_text()


def _told(page: Any, number: int) -> str:
    page.keyboard.press("ArrowRight")
    assert f"After step {number} of" in page.locator(".state .title").inner_text()
    return " ".join(page.locator(".told li").all_text_contents())


def test_play_goes_on_by_itself_and_pauses(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    play = page.locator("[data-walk=play]")
    play.click()
    assert play.get_attribute("aria-pressed") == "true"
    page.locator(".state .title").filter(has_text="After step 2").wait_for()
    play.click()
    assert play.inner_text() == "Play"
    before = page.locator("#state").input_value()
    page.wait_for_timeout(1_300)
    assert page.locator("#state").input_value() == before


def test_the_theme_is_chosen_and_remembered(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP, color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    for wanted in ("light", "dark"):
        page.locator("#theme").click()
        assert page.locator("#theme").inner_text() == f"Theme: {wanted}"
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.locator("#theme").inner_text() == "Theme: dark"
    assert page.evaluate(paper) == dark


def test_a_browser_that_remembers_nothing_still_changes_its_theme(opened: Opened) -> None:
    refused = "<script>Object.defineProperty(window,'localStorage',{get(){throw new Error('no')}})</script>"
    page = opened(nova().replace("<style>", refused + "<style>", 1), **DESKTOP, bypass_csp=True)
    page.locator("#theme").click()
    assert page.locator("#theme").inner_text() == "Theme: light"


def test_the_keyboard_gets_everywhere_and_out_again(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(400):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "(e => ({ section: e.closest('section')?.id, body: e === document.body,"
            " outline: getComputedStyle(e).outlineStyle, node: e.matches('.node') }))(document.activeElement)"
        )
        if place["body"]:
            break
        assert place["outline"] != "none" or place["node"], place
        reached.append(place["section"])
    wanted = ["summary", "picture", "differences", "figures", "claims", "findings", "plan", "walk", "proof"]
    assert [name for name, after in pairwise([*reached, None]) if name != after and name] == wanted


def test_the_picture_is_zoomed_and_gone_through_by_keyboard(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    if not page.locator("#comparison").count():
        pytest.skip("needs Graphviz")
    zoom = page.locator("#comparison .zoom")
    before = zoom.inner_text()
    page.locator("#comparison [data-do=in]").click()
    assert zoom.inner_text() != before
    page.locator("#comparison .view").focus()
    page.keyboard.press("-")
    assert zoom.inner_text() == before
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.id")
    assert first.startswith("node-before_")
    assert page.locator("#tip").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id").startswith("node-after_")
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    page.locator("#comparison .view").hover(position={"x": 200, "y": 200})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    assert int(zoom.inner_text().split()[0]) > int(before.split()[0])


def test_dragging_moves_the_picture(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    if not page.locator("#walk-picture").count():
        pytest.skip("needs Graphviz")
    view = page.locator("#walk-picture .view")
    view.scroll_into_view_if_needed()
    place = view.bounding_box()
    page.mouse.move(place["x"] + 300, place["y"] + 200)
    page.mouse.down()
    page.mouse.move(place["x"] + 300, place["y"] + 50, steps=3)
    page.mouse.up()
    assert view.evaluate("view => view.scrollTop") == 150


def test_a_picture_fills_the_screen_with_its_slider(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    if not page.locator("#walk-picture").count():
        pytest.skip("needs Graphviz")
    page.locator("#walk-picture [data-do=full]").click()
    page.wait_for_timeout(300)
    assert page.evaluate("document.fullscreenElement.id") == "walk"
    page.locator("[data-walk=on]").click()
    page.locator("#walk-picture .view").focus()
    page.keyboard.press("Tab")
    assert page.locator("#walk #tip").is_visible()
    page.locator("#walk-picture [data-do=full]").click()
    page.wait_for_timeout(300)
    assert page.evaluate("document.fullscreenElement") is None


def test_print_opens_everything_and_leaves_out_what_paper_cannot_do(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP, color_scheme="dark")
    page.emulate_media(media="print")
    assert counted(page, "nav, #search, .tools, .player") == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("#step-20 pre").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") > 20


def test_a_link_to_a_step_opens_it(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP)
    page.evaluate("location.hash = '#step-30'")
    page.locator("#step-30 h5").first.wait_for()
    assert page.locator("#step-30").get_attribute("open") is not None


def test_without_scripts_the_page_can_be_read(opened: Opened) -> None:
    page = opened(nova(), **DESKTOP, java_script_enabled=False)
    assert counted(page, "section") == 9
    assert counted(page, "#search, .filter, .player, .tools") == 0
    page.locator("#step-3 summary").click()
    assert page.locator("#step-3 h5").first.is_visible()
