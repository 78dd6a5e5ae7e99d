"""A sweep as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novaplan.errors import InputError, MissingExtraError, UnknownNameError, nearest

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


def plot(frame: pandas.DataFrame, x: str, y: str, *, by: str | None = None, axes: Axes | None = None) -> Axes:
    """The measure ``y`` over the parameter ``x`` of a sweep, one line for each value of ``by``.

    Draws on ``axes``, or on new ones, and returns them. The axis says the unit, and when example prices or loads went
    into the figures. Raises ``UnknownNameError`` (with the nearest name) for a column that is not there,
    ``InputError`` when a further parameter varies (filter the frame, or name it in ``by``), and ``MissingExtraError``
    when matplotlib is not installed.
    """
    for column in (x, y, *([by] if by is not None else [])):
        if column not in frame.columns:
            raise UnknownNameError(f"the sweep has no column {column!r}{nearest(column, map(str, frame.columns))}")
    _require_one_value(frame, x, by)
    axes = _axes() if axes is None else axes
    groups: Any = [(None, frame)] if by is None else frame.groupby(by, sort=False)
    for value, part in groups:
        label = None if by is None else str(value)
        axes.plot(part[x].tolist(), part[y].tolist(), marker="o", markersize=3, label=label)
    axes.set_xlabel(x)
    axes.set_ylabel(_label(frame, y))
    axes.grid(visible=True, alpha=0.3)
    if by is not None:
        axes.legend(title=by, fontsize="small", title_fontsize="small")
    return axes


def _require_one_value(frame: pandas.DataFrame, x: str, by: str | None) -> None:
    for name in frame.attrs.get("parameters", []):
        if name not in (x, by) and name in frame.columns and frame[name].astype(str).nunique() > 1:
            message = f"{name!r} varies too: filter the frame to one value, or give by={name!r}"
            raise InputError(message)


def _label(frame: pandas.DataFrame, y: str) -> str:
    unit = frame.attrs.get("measures", {}).get(y, "")
    examples = frame.attrs.get("examples", [])
    shown = y if not unit or unit in y else f"{y} ({unit})"
    return f"{shown}\nfrom example {' and '.join(examples)}" if examples else shown


def _axes() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise MissingExtraError("plots need matplotlib: pip install 'novaplan[notebook]'") from None
    return pyplot.subplots(figsize=(7, 4), layout="constrained")[1]
