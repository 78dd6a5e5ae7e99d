"""Findings that somebody accepted."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from novaplan.checks.waivers import Waivers, load_waivers, waive
from novaplan.errors import InputError, UnknownNameError
from novaplan.findings import Finding

TODAY = datetime.date(2030, 6, 15)
ONE = Finding("service-without-pods", "error", "Service shop/web", "selects nothing", "mend it", "k8s/web.yaml", 3)
TWO = Finding("service-without-pods", "error", "Service shop/cart", "selects nothing", "mend it", "k8s/cart.yaml", 3)


def waivers(**fields: str) -> Waivers:
    stated = {"check": "service-without-pods", "reason": "made by an operator", "expires": "2030-06-15", **fields}
    return Waivers.model_validate({"waivers": [stated]})


def test_a_waiver_counts_up_to_its_last_day() -> None:
    found = waive([ONE, TWO], waivers(subject="Service shop/w*"), TODAY)
    assert found.standing == (TWO,)
    assert [(item, waiver.reason) for item, waiver in found.accepted] == [(ONE, "made by an operator")]
    assert (found.unused, found.expired) == ((), ())


def test_an_expired_waiver_covers_nothing_and_is_told() -> None:
    old = waivers(expires="2030-06-14")
    found = waive([ONE], old, TODAY)
    assert found.standing == (ONE,)
    assert (found.expired, found.unused, found.accepted) == (old.waivers, (), ())


def test_a_waiver_that_covers_nothing_is_told() -> None:
    for none in (waivers(subject="Service shop/old"), waivers(file="other.yaml"), waivers(expires="2000-01-01")):
        found = waive([ONE], none, TODAY)
        assert found.standing == (ONE,)
        assert found.unused == (none.waivers if none.waivers[0].expires.year > 2000 else ())


def test_the_file_is_matched_from_its_end() -> None:
    for name in ("web.yaml", "k8s/web.yaml", "k8s/*.yaml", "*"):
        assert waive([ONE], waivers(file=name), TODAY).standing == ()
    assert waive([ONE], waivers(file="eb.yaml"), TODAY).standing == (ONE,)


def test_a_file_of_waivers(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(
        "waivers:\n  - {check: service-without-pods, subject: Service shop/web, reason: legacy, expires: 2030-01-31}\n"
    )
    (found,) = load_waivers(file).waivers
    assert (found.expires, found.file) == (datetime.date(2030, 1, 31), "*")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{check: service-without-pods, expires: 2030-01-31}", "reason"),
        ("{check: service-without-pods, reason: '', expires: 2030-01-31}", "should not be empty"),
        ("{check: service-without-pods, reason: legacy}", "expires"),
        ("{check: service-without-pods, reason: legacy, expires: soon}", "expires"),
        ("{check: service-without-pods, reason: legacy, expires: 2030-01-31, subjekt: x}", "did you mean 'subject'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(f"waivers:\n  - {line}\n")
    with pytest.raises(InputError) as caught:
        load_waivers(file)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{file}:2: ")


def test_an_unknown_check_is_told_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n  - {check: service-without-pod, reason: legacy, expires: 2030-01-31}\n")
    with pytest.raises(UnknownNameError, match="did you mean 'service-without-pods'"):
        load_waivers(file)
