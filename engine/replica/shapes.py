"""The shaping steps that Polars applies to a dataset's frame after its SQL.

A filled frame has each day or hour of its window once for every series, in order of time and then of the
series, nulls last. It has the columns of the original frame and the values of its rows within the window.
"""

from __future__ import annotations

from datetime import UTC

import polars as pl

from engine.model.catalogue.datasets import Shape
from engine.model.clock import Clock
from engine.model.selections.windows import Window

_PRESENT = "present or added"


def shape_frame(
    frame: pl.DataFrame, shape: Shape, clock: Clock, window: Window | None = None
) -> pl.DataFrame:
    """Return the frame after its shaping step, over the days or hours of a window.

    Without a window they are the last ones, as many as the shape says.

    ``fill_days`` needs a column ``day`` (Date), ``fill_hours`` a column ``hour`` (Datetime in µs, UTC
    without a zone). In added rows numbers are 0 and all else is null; rows outside the window are dropped.
    With ``by``, the series are the distinct values in the frame, null included, so an empty frame stays
    empty. Raises ValueError if the step is unknown.
    """
    match shape.step:
        case "fill_days":
            days = [day.day for day in clock.days(shape.count)] if window is None else window.days(clock)
            return _fill(frame, pl.Series("day", days, pl.Date), shape.by)
        case "fill_hours":
            starts = clock.hours(shape.count) if window is None else window.hours(clock)
            hours = [hour.astimezone(UTC).replace(tzinfo=None) for hour in starts]
            return _fill(frame, pl.Series("hour", hours, pl.Datetime("us")), shape.by)
        case _:
            raise ValueError(f"unknown shaping step {shape.step!r}")


def _fill(frame: pl.DataFrame, times: pl.Series, by: tuple[str, ...]) -> pl.DataFrame:
    grid = times.to_frame()
    keys = [times.name, *by]
    if by:
        within = frame.join(grid, on=times.name, how="semi")
        grid = grid.join(within.select(by).unique(), how="cross")
    # This column distinguishes an added row from a row of nulls; no column of a dataset can have its name.
    marked = frame.with_columns(pl.lit(True).alias(_PRESENT))
    filled = grid.join(marked, on=keys, how="left", nulls_equal=True, maintain_order="left_right")
    numbers = [name for name, type_ in frame.schema.items() if type_.is_numeric() and name not in keys]
    zero_where_added = pl.when(pl.col(_PRESENT).is_null()).then(0).otherwise(pl.col(numbers)).name.keep()
    filled = filled.with_columns(zero_where_added)
    return (filled.sort(keys, nulls_last=True, maintain_order=True) if by else filled).select(frame.columns)
