"""Exact quantities: CPU in millicores, memory and storage in bytes, durations in milliseconds, all as integers.

The written forms are those Kubernetes accepts (apimachinery's ``resource.Quantity``): a decimal number with an optional
suffix (``n u m k M G T P E``, ``Ki Mi Gi Ti Pi Ei``) or a decimal exponent (``e3``, ``E3``). A fraction of the smallest
unit is rounded up, as Kubernetes does, so that a request never shrinks. Durations are written as Go writes them
(``1m30s``, ``250ms``).
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60}
_DECIMAL = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,18})?|\.[0-9]{1,18}))"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,2}))?"
)
_DURATION_UNITS = {
    "ns": Decimal("1e-6"),
    "us": Decimal("1e-3"),
    "µs": Decimal("1e-3"),
    "ms": Decimal(1),
    "s": Decimal(1000),
    "m": Decimal(60_000),
    "h": Decimal(3_600_000),
    "d": Decimal(86_400_000),
}
_DURATION_PART = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h|d)")
_LARGEST = 1 << 63  # quantities are int64 in Kubernetes; more is a slip of the pen


def parse_quantity(text: str | int | float) -> Decimal:
    """The value of a Kubernetes quantity in its base unit (cores or bytes).

    Raises ``ValueError`` when ``text`` is not a quantity.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise ValueError("should be a quantity such as 250m, 2 or 512Mi")
    match = _QUANTITY.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{str(text)[:40]!r} is not a quantity such as 250m, 2 or 512Mi")
    number = Decimal(match["number"])
    if match["exponent"] is not None:
        return number * Decimal(10) ** int(match["exponent"])
    suffix = match["suffix"] or ""
    return number * _BINARY[suffix] if suffix in _BINARY else number * _DECIMAL[suffix]


def parse_millicores(text: str | int | float) -> int:
    """CPU in millicores: ``250m`` is 250, ``2`` is 2000, ``0.5`` is 500. Raises ``ValueError``."""
    return _whole(parse_quantity(text) * 1000, text)


def parse_bytes(text: str | int | float) -> int:
    """Memory or storage in bytes: ``512Mi`` is 536870912, ``1G`` is 1000000000. Raises ``ValueError``."""
    return _whole(parse_quantity(text), text)


def parse_milliseconds(text: str | int | float) -> int:
    """A duration in milliseconds: ``1m30s`` is 90000, ``250ms`` is 250; a bare number other than 0 has no unit.

    Raises ``ValueError``.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise ValueError("should be a duration such as 30s, 250ms or 1m30s")
    stripped = str(text).strip()
    if stripped == "0":
        return 0
    parts = _DURATION_PART.findall(stripped)
    if not parts or "".join(number + unit for number, unit in parts) != stripped:
        raise ValueError(f"{stripped[:40]!r} is not a duration such as 30s, 250ms or 1m30s")
    return _whole(sum((Decimal(number) * _DURATION_UNITS[unit] for number, unit in parts), Decimal(0)), text)


def format_millicores(millicores: int) -> str:
    """The shortest exact form: 2000 is ``2``, 250 is ``250m``."""
    return str(millicores // 1000) if millicores % 1000 == 0 else f"{millicores}m"


def format_bytes(count: int) -> str:
    """The shortest exact form, binary suffixes first: 536870912 is ``512Mi``, 1000000000 is ``1G``."""
    if count:
        for suffix, size in reversed(_BINARY.items()):
            if count % size == 0:
                return f"{count // size}{suffix}"
        for suffix in ("E", "P", "T", "G", "M"):
            size = int(_DECIMAL[suffix])
            if count % size == 0:
                return f"{count // size}{suffix}"
    return str(count)


def format_milliseconds(milliseconds: int) -> str:
    """The shortest exact form in one unit: 90000 is ``90s``, 250 is ``250ms``, 3600000 is ``1h``."""
    for unit in ("h", "m", "s"):
        size = int(_DURATION_UNITS[unit])
        if milliseconds >= size and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


def _whole(value: Decimal, text: object) -> int:
    """Round up to the unit below which nothing is counted, and refuse what no machine has."""
    if value < 0:
        raise ValueError(f"{text!r} is negative")
    if value >= _LARGEST:
        raise ValueError(f"{text!r} is larger than any machine")
    return int(value.to_integral_value(rounding=ROUND_CEILING))
