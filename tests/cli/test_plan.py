"""``novaplan plan`` and ``novaplan verify``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.command import SHOP, Run


@pytest.fixture(autouse=True)
def target(folder: Path, consolidated: str) -> None:
    (folder / "topologies" / "small.yaml").write_text(consolidated)


def test_table(novaplan: Run) -> None:
    result = novaplan("plan", "shop", "small")
    assert (result.err, result.status) == ("", 0)
    assert result.out.startswith("Steps\n")
    for title in ("How long it takes", "What was proved"):
        assert f"\n{title}\n" in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_a_plan_is_written_and_verified(novaplan: Run, folder: Path) -> None:
    result = novaplan("plan", "shop", "small", "-o", "plan.yaml", "--states", "states")
    assert result.status == 0
    found = yaml.safe_load((folder / "plan.yaml").read_text())
    assert found["format"] == "novaplan/plan/v1"
    assert novaplan("plan", "shop", "small", "--format", "json", "--states", "states").status == 0  # once more
    names = sorted(path.name for path in (folder / "states").iterdir())
    assert len(names) == len(found["steps"]) + 1
    assert names[0].endswith("-current.yaml")
    assert novaplan("diff", f"states/{names[0]}", "shop").out == "No differences.\n"
    last = novaplan("diff", f"states/{names[-1]}", "small", "--format", "json")
    assert json.loads(last.out)["changes"] == []
    # Commands name the states as they are written.
    named = {word.partition("/")[2] for step in found["steps"] for action in step["actions"]
             for word in action["command"].split() if word.startswith("states/")}  # fmt: skip
    assert named
    assert named <= set(names)
    verified = novaplan("verify", "plan.yaml", "shop", "small")
    assert (verified.err, verified.status) == ("", 0)
    assert verified.out.startswith(f"plan.yaml: {len(found['steps'])} steps, accepted\n")


def test_states_for_another_order(novaplan: Run, folder: Path) -> None:
    steps = json.loads(novaplan("plan", "shop", "small", "--format", "json", "--states", "states").out)["steps"]
    ids = [step["id"] for step in steps]
    # A step that need not wait for the one told before it, and one that has to.
    free = next(at for at in range(2, len(ids)) if ids[at - 1] not in steps[at]["depends_on"])
    bound = next(at for at in range(2, len(ids)) if ids[at - 1] in steps[at]["depends_on"])
    told = ("plan", "shop", "small", "--states", "lane", "--done")
    result = novaplan(*told, f"1-{free - 1}", "--step", ids[free])
    assert (result.out, result.err, result.status) == ("", "wrote 2 topologies to lane\n", 0)
    names = sorted(path.name for path in (folder / "states").iterdir())
    before, after = sorted(path.name for path in (folder / "lane").iterdir())
    assert [before, after] == names[free : free + 2], "called as in the runbook"
    assert (folder / "lane" / before).read_text() == (folder / "states" / names[free - 1]).read_text()
    problems = novaplan(*told, f"1-{bound - 1}", "--step", str(bound + 1)).problems
    assert (
        f"step {bound + 1} ({ids[bound]}) waits for {bound} ({ids[bound - 1]}), which is not among those done"
        in problems
    )


def test_done_names_steps_that_are_there(novaplan: Run) -> None:
    told = ("plan", "shop", "small", "--states", "lane", "--done")
    (said,) = novaplan(*told, "1-3,nothing", "--step", "4").problems
    assert said.startswith("there is no step 'nothing'; name an id, or a number from 1 to ")
    (said,) = novaplan(*told, "3-1", "--step", "4").problems
    assert said.startswith("there is no step '3-1'; "), "a range that names nobody is a slip, not none"
    (said,) = novaplan(*told, "1-3", "--step", "3").problems
    assert said == "'3' is no step that is left to do; name one step that is not done yet"
    assert novaplan("plan", "shop", "small", "--done", "1").status == 2


def test_both_forms_of_a_plan_say_the_same(novaplan: Run) -> None:
    as_yaml = novaplan("plan", "shop", "small", "--format", "yaml").out
    as_json = novaplan("plan", "shop", "small", "--format", "json").out
    assert yaml.safe_load(as_yaml) == json.loads(as_json)


def test_a_runbook_and_a_chart(novaplan: Run, folder: Path) -> None:
    options = ("--start", "2027-01-08", "--holiday", "2027-01-11", "--people", "1")
    assert novaplan("plan", "shop", "small", "-o", "runbook.md", *options).status == 0
    text = (folder / "runbook.md").read_text()
    assert "# Runbook: from shop to shop-small\n" in text
    assert "2027-01-08" in text
    assert "2027-01-09" not in text
    assert "2027-01-11" not in text
    assert "- [ ] " in text
    assert "Rollback" in text
    assert "novaplan verify plan.yaml shop small" in text, "as the user called them"
    result = novaplan("plan", "shop", "small", "-o", "runbook.md", "--states", "my states", "--force")
    assert result.err == "wrote 18 topologies to my states\nwrote runbook.md\n"
    text = (folder / "runbook.md").read_text()
    assert "novaplan render 'my states/" in text
    assert "render states/" not in text
    assert "since states/" not in text
    chart = novaplan("plan", "shop", "small", "--format", "gantt", *options)
    assert chart.out.startswith("gantt\n")
    assert "2027-01-08T09:00" in chart.out


def test_a_file_of_somebody_else_stays(novaplan: Run, folder: Path) -> None:
    (folder / "plan.yaml").write_text("mine")
    result = novaplan("plan", "shop", "small", "-o", "plan.yaml")
    assert result.status == 1
    assert "was not written by novaplan" in result.err
    assert (folder / "plan.yaml").read_text() == "mine"
    assert novaplan("plan", "shop", "small", "-o", "plan.yaml", "--force").status == 0
    assert novaplan("plan", "shop", "small", "-o", "plan.yaml").status == 0


def test_an_edited_plan_is_refused_naming_the_invariant(novaplan: Run, folder: Path) -> None:
    novaplan("plan", "shop", "small", "-o", "plan.json")
    body = json.loads((folder / "plan.json").read_text())
    gone = body["steps"].pop()
    for step in body["steps"]:
        step["depends_on"] = [name for name in step["depends_on"] if name != gone["id"]]
    (folder / "less.json").write_text(json.dumps(body))
    result = novaplan("verify", "less.json", "shop", "small")
    assert result.status == 1
    assert result.out.startswith(f"less.json: {len(body['steps'])} steps, refused\n")
    assert "novaplan: target: " in result.err
    found = json.loads(novaplan("verify", "less.json", "shop", "small", "--format", "json").out)
    assert found["accepted"] is False
    assert {breach["invariant"] for breach in found["breaches"]} >= {"target"}


def test_what_was_edited_is_listed_and_haste_is_refused(novaplan: Run, folder: Path) -> None:
    novaplan("plan", "shop", "small", "-o", "plan.json")
    body = json.loads((folder / "plan.json").read_text())
    body["steps"][0]["title"] = "Look first"
    (folder / "edited.json").write_text(json.dumps(body))
    result = novaplan("verify", "edited.json", "shop", "small")
    assert (result.err, result.status) == ("", 0)
    assert "\nEdited, for you to read\n" in result.out
    notes = json.loads(novaplan("verify", "edited.json", "shop", "small", "--format", "json").out)["notes"]
    assert notes == [{"step": body["steps"][0]["id"], "message": "title"}]
    hasty = next(step for step in body["steps"] if step["bake_milliseconds"])
    hasty["bake_milliseconds"] = 0
    (folder / "hasty.json").write_text(json.dumps(body))
    result = novaplan("verify", "hasty.json", "shop", "small")
    assert result.status == 1
    assert result.err.startswith(f"novaplan: care: {hasty['id']}: bakes 0s, and ")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "shop", "shop-without"), "does not say what it was made from"),
        (("plan", "other", "small"), "was made from another version of shop"),
        (("plan", "shop", "smal"), "did you mean 'small'"),
        (("verify", "nothing.yaml", "shop", "small"), "nothing.yaml"),
        (("verify", "shop-plan.yaml", "other", "small"), "plan again"),
        (("plan", "shop", "small", "--rollout", "careful"), "'careful'"),
        (("plan", "shop", "small", "--start", "9999-12-30"), "start earlier"),
    ],
)
def test_bad_input_is_told_in_one_line(novaplan: Run, folder: Path, words: tuple[str, ...], said: str) -> None:
    place = folder / "topologies"
    (place / "other.yaml").write_text(SHOP.replace("replicas: 2", "replicas: 3"))
    (place / "shop-without.yaml").write_text((place / "small.yaml").read_text().partition("lineage:")[0])
    novaplan("plan", "shop", "small", "-o", "shop-plan.yaml")
    result = novaplan(*words)
    assert (result.out, result.status) == ("", 1)
    assert result.err.count("\n") == 1
    assert said in result.err


def test_only_one_file_can_be_standard_input(novaplan: Run) -> None:
    assert novaplan("plan", "-", "-", stdin=SHOP).status == 2
    assert novaplan("verify", "-", "-", "small", stdin=SHOP).status == 2
