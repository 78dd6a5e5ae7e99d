"""Quantities: every form Kubernetes accepts, exactly, and back."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.quantity import (
    format_bytes,
    format_millicores,
    format_milliseconds,
    parse_bytes,
    parse_millicores,
    parse_milliseconds,
    parse_quantity,
)

MOST = 2**63 - 1

# The factors as apimachinery's documentation states them, apart from how novaplan keeps them.
FACTORS = {
    "n": Decimal(10) ** -9,
    "u": Decimal(10) ** -6,
    "m": Decimal(10) ** -3,
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("1", "1"),
        ("+1", "1"),
        ("-1", "-1"),
        ("1.", "1"),
        (".5", "0.5"),
        ("0.5", "0.5"),
        ("250m", "0.25"),
        ("100n", "1e-7"),
        ("3u", "3e-6"),
        ("2k", "2000"),
        ("1M", "1e6"),
        ("1G", "1e9"),
        ("1T", "1e12"),
        ("1P", "1e15"),
        ("1E", "1e18"),
        ("1Ki", "1024"),
        ("512Mi", "536870912"),
        ("1.5Gi", "1610612736"),
        ("1Ti", "1099511627776"),
        ("1Pi", "1125899906842624"),
        ("1Ei", "1152921504606846976"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1e-3", "0.001"),
        ("1.5e+2", "150"),
        (" 2 ", "2"),
        (2, "2"),
        (0.25, "0.25"),
        (1e16, "1e16"),
    ],
)
def test_every_form_of_a_quantity(text: str | float, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "m", "Mi", "1 Mi", "1mi", "1K", "1ki", "1MI", "1KiB", "1MB", "1 core", "one", "1,5", "1_000", "0x10",
        "1e", "1e1.5", "e3", "--1", "1.2.3", ".", "1Mi1", "Infinity", "NaN", "inf", "\u0663", "\uff11", "1\n2", "1e999",
        math.inf, math.nan, "9" * 31,
    ],
)  # fmt: skip
def test_what_is_no_quantity(text: str | float) -> None:
    with pytest.raises(ValueError, match="is not a quantity such as 250m, 2 or 512Mi"):
        parse_quantity(text)


@pytest.mark.parametrize("value", [True, None, [], {"a": 1}, ("1",), b"1"])
def test_what_is_not_even_text(value: object) -> None:
    for parse in (parse_quantity, parse_millicores, parse_bytes):
        with pytest.raises(ValueError, match=r"^should be a quantity such as 250m, 2 or 512Mi$"):
            parse(value)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"^should be a duration such as 30s, 250ms or 1m30s$"):
        parse_milliseconds(value)  # type: ignore[arg-type]


def test_a_long_text_is_not_told_in_full() -> None:
    with pytest.raises(ValueError, match="is not a quantity") as caught:
        parse_quantity("x" * 10_000)

    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("text", "millicores"),
    [("250m", 250), ("2", 2000), (0.5, 500), ("1e3", 1_000_000), ("100n", 1), ("1500u", 2), ("0", 0)],
)
def test_cpu_in_millicores_rounded_up(text: str | float, millicores: int) -> None:
    assert parse_millicores(text) == millicores


@pytest.mark.parametrize(
    ("text", "count"),
    [("512Mi", 1 << 29), ("1G", 10**9), ("1.5", 2), ("100m", 1), ("128974848000m", 128974848), (0, 0)],
)
def test_memory_in_bytes_rounded_up(text: str | float, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("30s", 30_000),
        ("250ms", 250),
        ("1m30s", 90_000),
        ("1h", 3_600_000),
        ("1h15m30.918s", 4_530_918),
        ("1.5h", 5_400_000),
        ("7d", 604_800_000),
        ("1us", 1),
        ("1µs", 1),
        ("2000000ns", 2),
        ("0", 0),
        (0, 0),
        ("0s", 0),
        (" 5s ", 5_000),
    ],
)
def test_durations_in_milliseconds(text: str | float, milliseconds: int) -> None:
    assert parse_milliseconds(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "30", 30, 1.5, "s", "1 s", "-5s", "5s 3m", "1w", "1S", "5sx", "x5s", "1m,30s", "\u0663s"]
)
def test_what_is_no_duration(text: str | float) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 30s, 250ms or 1m30s"):
        parse_milliseconds(text)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_millicores, "-1", "'-1' is negative"),
        (parse_bytes, "-1Mi", "'-1Mi' is negative"),
        (parse_bytes, "8Ei", "'8Ei' is larger than any machine"),
        (parse_millicores, "1e18", "'1e18' is larger than any machine"),
        (parse_milliseconds, "999999999999999999h", "'999999999999999999h' is larger than any machine"),
    ],
)
def test_what_no_machine_has(parse: object, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (1500, "1500"), (1024, "1Ki"), (1 << 29, "512Mi"), (10**9, "1G"), (1 << 60, "1Ei")]
)
def test_bytes_in_their_shortest_form(count: int, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(("millicores", "text"), [(0, "0"), (250, "250m"), (2000, "2"), (1001, "1001m")])
def test_cpu_in_its_shortest_form(millicores: int, text: str) -> None:
    assert format_millicores(millicores) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0s"), (250, "250ms"), (90_000, "90s"), (120_000, "2m"), (3_600_000, "1h"), (61_000, "61s")],
)
def test_durations_in_their_shortest_form(milliseconds: int, text: str) -> None:
    assert format_milliseconds(milliseconds) == text


@given(st.integers(0, MOST))
def test_what_is_formatted_is_read_back(value: int) -> None:
    assert parse_bytes(format_bytes(value)) == value
    assert parse_millicores(format_millicores(value)) == value
    assert parse_milliseconds(format_milliseconds(value)) == value


@given(st.integers(1, 8191), st.sampled_from([suffix for suffix in FACTORS if suffix not in "num"]))
def test_round_amounts_are_read_back(number: int, suffix: str) -> None:
    value = int(number * FACTORS[suffix])
    if value <= MOST:
        assert parse_bytes(format_bytes(value)) == value
        assert parse_bytes(f"{number}{suffix}") == value


@given(
    st.decimals(0, 10**6, places=9),
    st.sampled_from(sorted(FACTORS)),
)
def test_it_agrees_with_exact_arithmetic(number: Decimal, suffix: str) -> None:
    text = f"{number:f}{suffix}"
    exact = Fraction(number) * Fraction(FACTORS[suffix])

    if exact * 1000 <= MOST:
        assert parse_bytes(text) == math.ceil(exact)
        assert parse_millicores(text) == math.ceil(exact * 1000)


@given(st.integers(0, 10**9), st.integers(-9, 9), st.sampled_from("eE"))
def test_exponents_agree_with_decimal_arithmetic(number: int, exponent: int, letter: str) -> None:
    assert parse_quantity(f"{number}{letter}{exponent}") == Decimal(number).scaleb(exponent)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.sampled_from(("h", "m", "s", "ms", "us", "ns", "d"))),
        min_size=1,
        max_size=4,
    )
)
def test_durations_add_up(parts: list[tuple[int, str]]) -> None:
    nanoseconds = {
        "d": 86_400 * 10**9,
        "h": 3600 * 10**9,
        "m": 60 * 10**9,
        "s": 10**9,
        "ms": 10**6,
        "us": 1000,
        "ns": 1,
    }
    total = sum(number * nanoseconds[unit] for number, unit in parts)

    assert parse_milliseconds("".join(f"{number}{unit}" for number, unit in parts)) == -(-total // 10**6)


@given(st.text(max_size=12) | st.text("0123456789.eE+-numkMGTPi ", max_size=10))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    for parse in (parse_quantity, parse_millicores, parse_bytes, parse_milliseconds):
        try:
            value = parse(text)
        except ValueError as error:
            assert len(str(error)) < 200  # noqa: PT017
        else:
            assert value == parse(text.strip())
