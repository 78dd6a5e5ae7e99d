"""What a gate asks for, in a form that a program can judge as well as a person."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

EXIT: Final = "exit status 0"
"""The query is a command, and it succeeds."""
YES: Final = "yes"
"""The query is a question, and a person answers it so."""
OR_ABSENT: Final = " or absent"
"""A query that finds nothing is as good: nobody reports the figure, so there is nothing to count."""
COMPARISONS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    "==": operator.eq,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARED = re.compile(r"(==|<=|>=|<|>) (-?\d+(?:\.\d+)?)( or absent)?")


def well_formed(tool: str, query: str, threshold: str) -> bool:
    """Whether somebody who reads the gate of a tool knows when it holds: a command that succeeds, a number and what it
    is compared with, or a question to a person that is answered with yes."""
    if tool == "person":
        return threshold == YES and query.endswith("?")
    return threshold == EXIT or _COMPARED.fullmatch(threshold) is not None


def met(threshold: str, found: str) -> bool:
    """Whether what a query printed is what a threshold asks for. Raises ValueError where the threshold compares nothing
    or no single number was printed."""
    asked = _COMPARED.fullmatch(threshold)
    if asked is None:
        raise ValueError(f"{threshold} compares nothing")
    comparison, number, absent = asked.groups()
    if not found.strip():
        return absent is not None
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", found.strip()):
        raise ValueError(f"{found.strip()!r} is no number")
    return COMPARISONS[comparison](Decimal(found.strip()), Decimal(number))
