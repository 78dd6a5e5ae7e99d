"""Schedules: nothing begins before what it waits for, nobody does two things at once."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.errors import InputError
from novaplan.migration.gantt import gantt
from novaplan.migration.schedule import deviation, mean, schedule
from novaplan.migration.step import Effort, Step

DAY = 86_400_000


def step(name: str, *after: str, days: float = 1, bake: float = 0, spread: float = 0) -> Step:
    effort = Effort(max(0, days - spread), days, days + spread)
    return Step(
        name, "configure", "expand", f"does {name}", after=after, effort=effort, bake_milliseconds=int(bake * DAY)
    )


@st.composite
def networks(draw: st.DrawFn) -> list[Step]:
    count = draw(st.integers(1, 12))
    found = []
    for number in range(count):
        after = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        found.append(
            step(
                f"s{number}",
                *(f"s{before}" for before in sorted(after)),
                days=draw(st.floats(0, 5)),
                bake=draw(st.sampled_from([0, 0.25, 2])),
                spread=draw(st.floats(0, 2)),
            )
        )
    return found


def test_an_estimate_has_the_mean_and_the_deviation_of_pert():
    assert mean(Effort(1, 2, 9)) == 3
    assert deviation(Effort(1, 2, 7)) == 1


def test_a_chain_takes_the_sum_and_a_fork_the_longer_branch():
    chain = schedule([step("a", days=1), step("b", "a", days=2, bake=3)], people=1)
    assert chain.days == chain.path_days == 6
    assert chain.critical_path == ("a", "b")
    fork = schedule([step("a", days=1), step("b", "a", days=2), step("c", "a", days=5)], people=2)
    assert fork.days == 6
    assert fork.critical_path == ("a", "c")
    assert fork.slot["b"].slack == 3
    assert fork.slot["b"].layer == fork.slot["c"].layer == 1


def test_one_person_takes_what_is_urgent_first_and_needs_longer():
    steps = [step("short", days=1), step("long", days=1), step("after long", "long", days=4)]
    alone = schedule(steps, people=1)
    assert alone.days == 6
    assert alone.path_days == 5
    assert alone.slots[0].step == "long"
    assert alone.person_days == 6


def test_nobody_works_while_something_bakes():
    found = schedule([step("a", days=1, bake=4), step("b", days=2)], people=1)
    assert found.days == 5
    assert found.slot["b"].start == 1


@given(networks(), st.integers(1, 3))
def test_every_schedule_obeys_its_steps_and_its_people(steps: list[Step], people: int):
    found = schedule(steps, people=people, samples=5)
    for item in steps:
        slot = found.slot[item.id]
        assert slot.start <= slot.worked <= slot.end <= found.days + 1e-9
        for before in item.after:
            assert found.slot[before].end <= slot.start
            assert found.slot[before].layer < slot.layer
    for lane in range(people):
        mine = sorted((slot.start, slot.worked) for slot in found.slots if slot.lane == lane)
        assert all(first[1] <= second[0] for first, second in pairwise(mine))
    assert found.path_days <= found.days + 1e-9
    assert found.days <= sum(mean(item.effort) + item.bake_milliseconds / DAY for item in steps) + 1e-9
    assert found == schedule(steps, people=people, samples=5)


def test_the_chances_come_from_the_spread_of_the_estimates():
    sure = schedule([step("a", days=3)], people=1)
    assert set(sure.percentiles.values()) == {3}
    unsure = schedule([step(f"s{number}", days=3, spread=3) for number in range(8)], people=8)
    assert unsure.days == pytest.approx(3)
    # The longest of eight is later than the expected one: what the critical path of the means misses.
    assert unsure.days + 0.5 < unsure.percentiles[50] < unsure.percentiles[80] < unsure.percentiles[95] < 6


def test_days_without_work_are_left_out_of_the_calendar():
    found = schedule(
        [step("a", days=1), step("b", "a", days=5)],
        people=1,
        first_day=date(2027, 1, 1),
        holidays=[date(2027, 1, 4)],
    )
    assert found.day(0) == date(2027, 1, 1)  # a Friday
    assert found.day(found.slot["b"].start) == date(2027, 1, 5)
    assert found.day(3) == date(2027, 1, 7)
    assert schedule([step("a")], people=1).day(2) is None


def test_a_schedule_needs_somebody():
    with pytest.raises(InputError, match="at least one person"):
        schedule([step("a")], people=0)


def test_a_chart_has_a_bar_for_each_step_and_nothing_that_mermaid_takes_for_its_own():
    steps = [step("shift/a:b;", days=1, bake=1), step("end#", "shift/a:b;", days=0)]
    text = gantt(steps, schedule(steps, people=1, first_day=date(2027, 1, 4)), title="from: a; to b")
    assert text == (
        "gantt\n"
        "    title from_ a_ to b\n"
        "    dateFormat YYYY-MM-DDTHH:mm\n"
        "    axisFormat %m-%d\n"
        "    section expand\n"
        "    1 shift/a_b_ :crit, s1, 2027-01-04T09:00, 2027-01-05T09:00\n"
        "    1 shift/a_b_ (bake) :active, crit, b1, 2027-01-05T09:00, 2027-01-06T09:00\n"
        "    2 end_ :milestone, crit, s2, 2027-01-06T09:00, 0d\n"
    )
    undated = gantt(steps, schedule(steps, people=1), title="x")
    assert "axisFormat day %j" in undated
    assert "s1, 1970-01-01T00:00, 1970-01-02T00:00" in undated
