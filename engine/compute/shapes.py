"""The shaping steps: what Polars does to a dataset's frame after its SQL.

A filled frame has every day or hour of its window for every series, each once, in order of time
and then of the series, nulls last. It keeps the columns of the frame it came from, and the
values of that frame's rows within the window.
"""

from __future__ import annotations

from datetime import UTC

import polars as pl
import polars.selectors as cs

from engine.clock import Clock
from engine.datasets import Shape


def shape_frame(frame: pl.DataFrame, shape: Shape, clock: Clock) -> pl.DataFrame:
    """Return the frame after its shaping step.

    ``fill_days`` wants a column ``day`` (Date), ``fill_hours`` a column ``hour`` (Datetime in µs,
    UTC without a zone). In the rows that are added numbers are 0, all else is null; rows outside
    the window are dropped. With ``by``, the series are the distinct values seen in the frame,
    null among them, so that an empty frame stays empty. Raises ValueError for an unknown step.
    """
    match shape.step:
        case "fill_days":
            days = [day.day for day in clock.days(shape.count)]
            return _fill(frame, pl.Series("day", days, pl.Date), shape.by)
        case "fill_hours":
            hours = [hour.astimezone(UTC).replace(tzinfo=None) for hour in clock.hours(shape.count)]
            return _fill(frame, pl.Series("hour", hours, pl.Datetime("us")), shape.by)
        case _:
            raise ValueError(f"unknown shaping step {shape.step!r}")


def _fill(frame: pl.DataFrame, times: pl.Series, by: tuple[str, ...]) -> pl.DataFrame:
    keys = [times.name, *by]
    within = frame.join(times.to_frame(), on=times.name, how="semi")
    grid = times.to_frame()
    if by:
        grid = grid.join(within.select(by).unique(), how="cross")
    numbers = frame.select(cs.numeric() - cs.by_name(*keys)).schema
    added = grid.join(within, on=keys, how="anti", nulls_equal=True).with_columns(
        pl.lit(0, dtype).alias(name) for name, dtype in numbers.items()
    )
    return (
        pl.concat([within, added], how="diagonal")
        .sort(keys, nulls_last=True, maintain_order=True)
        .select(frame.columns)
    )
