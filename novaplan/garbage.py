"""The garbage collector, out of the way while something big is made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_MUCH: Final = 100_000


@contextmanager
def uncollected() -> Iterator[None]:
    """Do without looking for cycles while much is made that holds none, such as a topology.

    The collector would walk the growing result again and again, which took most of the time of loading (measured 6x)
    and a third of that of a difference.
    """
    if not gc.isenabled():  # by somebody further out, who will also put it back
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > _MUCH and not gc.get_freeze_count():
            # Freezing and unfreezing makes everything old. Without it the collector would walk the whole result the
            # moment it is back, which takes a quarter of the time of reading. Where little was made it stays young, so
            # that whoever reads many small texts keeps none of what they leave behind.
            gc.freeze()
            gc.unfreeze()
        gc.enable()
