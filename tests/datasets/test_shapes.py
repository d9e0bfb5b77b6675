"""The shaping steps."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.model.catalogue.datasets import Shape
from engine.replica.shapes import shape_frame
from tests.datasets.given import clock_at

CLOCK = clock_at("2026-11-23 20:00:00")
DAYS = [date(2026, 11, 22), date(2026, 11, 23)]


def test_days_without_a_row_are_added_with_zeros_in_every_number() -> None:
    frame = pl.DataFrame({"calls": [3], "day": [DAYS[1]], "cost_usd": [0.5], "note": ["x"]})
    assert_frame_equal(
        shape_frame(frame, Shape("fill_days", 2), CLOCK),
        pl.DataFrame({"calls": [0, 3], "day": DAYS, "cost_usd": [0.0, 0.5], "note": [None, "x"]}),
    )


def test_a_null_in_a_row_that_is_there_stays() -> None:
    frame = pl.DataFrame({"day": DAYS[:1], "mean": [None]}, schema_overrides={"mean": pl.Float64})
    assert shape_frame(frame, Shape("fill_days", 2), CLOCK)["mean"].to_list() == [None, 0.0]


def test_every_series_has_every_day_and_null_is_a_series_that_comes_last() -> None:
    frame = pl.DataFrame(
        {
            "day": [DAYS[1], DAYS[1], DAYS[0]],
            "stage": [None, "b", "a"],
            "code": [1, 1, None],
            "sites": [1, 2, 3],
        }
    )
    shaped = shape_frame(frame, Shape("fill_days", 2, ("stage", "code")), CLOCK)
    assert shaped.rows() == [
        (DAYS[0], "a", None, 3),
        (DAYS[0], "b", 1, 0),
        (DAYS[0], None, 1, 0),
        (DAYS[1], "a", None, 0),
        (DAYS[1], "b", 1, 2),
        (DAYS[1], None, 1, 1),
    ]


def test_rows_outside_the_window_and_series_seen_only_there_are_dropped() -> None:
    frame = pl.DataFrame({"day": [date(2026, 11, 21), DAYS[0]], "stage": ["a", "b"], "sites": [1, 2]})
    shaped = shape_frame(frame, Shape("fill_days", 2, ("stage",)), CLOCK)
    assert shaped.rows() == [(DAYS[0], "b", 2), (DAYS[1], "b", 0)]


def test_an_empty_frame_without_series_is_filled_and_one_with_series_stays_empty() -> None:
    frame = pl.DataFrame(schema={"day": pl.Date, "stage": pl.String, "sites": pl.Int64})
    assert shape_frame(frame.drop("stage"), Shape("fill_days", 2), CLOCK).rows() == [(day, 0) for day in DAYS]
    by_stage = shape_frame(frame, Shape("fill_days", 2, ("stage",)), CLOCK)
    assert (by_stage.height, by_stage.schema) == (0, frame.schema)


def test_hours_are_those_of_the_clock_without_a_zone() -> None:
    clock = clock_at("2026-11-23 20:00:00", "Australia/Adelaide")
    hours = [datetime.fromisoformat(text) for text in ("2026-11-23 18:30", "2026-11-23 19:30")]
    frame = pl.DataFrame({"hour": hours[1:], "sites": [4]}, schema_overrides={"hour": pl.Datetime("us")})
    assert shape_frame(frame, Shape("fill_hours", 2), clock).rows() == [(hours[0], 0), (hours[1], 4)]


def test_an_unknown_step_is_an_error() -> None:
    with pytest.raises(ValueError, match="pivot"):
        shape_frame(pl.DataFrame(), Shape("pivot"), CLOCK)
