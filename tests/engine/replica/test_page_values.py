"""What pages get of datasets with many rows: the largest groups, the rest summed, or the first rows."""

from __future__ import annotations

import math
from datetime import date

import polars as pl

from engine.model.catalogue.datasets import Dataset, catalogue
from engine.replica.page_values import page_frame

DAYS = (date(2026, 11, 22), date(2026, 11, 23))


def frame_of(dataset: Dataset, groups: list[str | None], days: tuple[date, ...] = DAYS) -> pl.DataFrame:
    """Return made-up rows: the later a group is named the more it has."""
    column = dataset.page_groups.by if dataset.page_groups else ""
    rows = [(day, name, 0.1 * (place + 1)) for day in days for place, name in enumerate(groups)]
    return pl.DataFrame(
        rows, schema={"day": pl.Date, column: pl.String, "cost_usd": pl.Float64}, orient="row"
    )


def test_the_largest_groups_keep_their_names_and_the_rest_is_summed_day_by_day() -> None:
    dataset = catalogue()["llm_cost_by_stage_30d"]
    names: list[str | None] = [f"stage {n}" for n in range(3000)]
    frame = frame_of(dataset, names)
    part = page_frame(frame, dataset)
    assert part is not None
    assert part["stage"].to_list() == [*names[-8:], "other (2992)"] * 2
    assert part.columns == frame.columns
    for day in DAYS:
        summed = math.fsum(part.filter(pl.col("day") == day)["cost_usd"])
        assert math.isclose(summed, math.fsum(frame.filter(pl.col("day") == day)["cost_usd"]), rel_tol=1e-14)


def test_up_to_eight_groups_pages_get_all_rows() -> None:
    dataset = catalogue()["llm_cost_by_stage_30d"]
    assert page_frame(frame_of(dataset, ["a", "b", None, "d", "e", "f", "g", "h"]), dataset) is None
    assert page_frame(frame_of(dataset, []), dataset) is None


def test_what_is_unreadable_is_a_group_like_others() -> None:
    dataset = catalogue()["llm_cost_by_stage_30d"]
    large = page_frame(frame_of(dataset, [*"abcdefghij", None]), dataset)
    small = page_frame(frame_of(dataset, [None, *"abcdefghij"]), dataset)
    assert large is not None
    assert small is not None
    assert large["stage"].to_list()[:9] == [*"defghij", None, "other (3)"]
    assert small["stage"].to_list()[:9] == [*"cdefghij", "other (3)"]


def test_a_name_that_looks_like_the_rest_is_counted_among_it() -> None:
    dataset = catalogue()["llm_cost_by_stage_30d"]
    part = page_frame(frame_of(dataset, ["a", "b", "other (7)"]), dataset)
    assert part is not None
    assert part["stage"].to_list() == ["a", "b", "other (1)"] * 2


def test_rates_of_the_rest_are_quotients_of_sums() -> None:
    dataset = catalogue()["response_rates"]
    rows = [(f"channel {n}", 100 - n, 50, 10 + n, (10 + n) / (100 - n), 1, 1 / (100 - n)) for n in range(12)]
    part = page_frame(pl.DataFrame(rows, schema=[c.name for c in dataset.columns], orient="row"), dataset)
    assert part is not None
    rest = part.row(-1, named=True)
    sent, replied = sum(100 - n for n in range(8, 12)), sum(10 + n for n in range(8, 12))
    assert (rest["channel"], rest["sent"], rest["replied"]) == ("other (4)", sent, replied)
    assert rest["response_rate"] == replied / sent
    assert rest["positive_rate"] == 4 / sent


def test_the_rate_of_a_rest_that_sent_nothing_is_null() -> None:
    dataset = catalogue()["response_rates"]
    rows = [(f"channel {n}", 9 if n < 8 else 0, 0, 0, 0.0 if n < 8 else None, 0, None) for n in range(12)]
    schema = {c.name: pl.String if c.type == "text" else pl.Float64 for c in dataset.columns}
    part = page_frame(pl.DataFrame(rows, schema=schema, orient="row"), dataset)
    assert part is not None
    assert part.row(-1, named=True)["response_rate"] is None


def test_a_text_that_all_of_the_rest_share_stays_and_another_is_null() -> None:
    dataset = catalogue()["llm_cost_by_model_30d"]
    schema = {c.name: pl.String if c.type == "text" else pl.Float64 for c in dataset.columns}
    for providers, told in ((["p"] * 12, "p"), ([*["p"] * 11, "q"], None)):
        rows = [(f"model {n}", provider, 1, 1, 12 - n) for n, provider in enumerate(providers)]
        part = page_frame(pl.DataFrame(rows, schema=schema, orient="row"), dataset)
        assert part is not None
        assert part.row(-1) == ("other (4)", told, 4, 4, 10)


def test_all_ten_statuses_of_the_schema_are_shown_by_name() -> None:
    dataset = catalogue()["hourly_status_breakdown_48h"]
    names = [f"status {n:02}" for n in range(11)]
    nothing = pl.DataFrame(schema={"hour": pl.Date, "status": pl.String, "sites": pl.Int64})
    rows = [(DAYS[0], name, 1) for name in names]
    full = pl.DataFrame(rows, schema={"hour": pl.Date, "status": pl.String, "sites": pl.Int64}, orient="row")
    assert page_frame(nothing, dataset) is None
    assert page_frame(full.head(10), dataset) is None
    part = page_frame(full, dataset)
    assert part is not None
    assert part["status"].to_list() == [*sorted(names)[:8], "other (3)"]


def test_of_a_long_list_pages_get_the_first_rows() -> None:
    dataset = catalogue()["llm_usage_by_stage"]
    frame = pl.DataFrame({"stage": [f"stage {n}" for n in range(3000)]})
    part = page_frame(frame, dataset)
    assert part is not None
    assert part["stage"].to_list() == [f"stage {n}" for n in range(50)]
    assert page_frame(frame.head(50), dataset) is None


def test_a_week_that_is_not_over_has_no_rate_in_the_rest_either() -> None:
    dataset = catalogue()["reply_cohorts_8w"]
    weeks = ((date(2026, 11, 2), True), (date(2026, 11, 16), False))
    rows = [
        (week, f"channel {n:02}", 20 - n, 2, 1, mature, 2 / (20 - n) if mature else None)
        for week, mature in weeks
        for n in range(10)
    ]
    part = page_frame(pl.DataFrame(rows, schema=[c.name for c in dataset.columns], orient="row"), dataset)
    assert part is not None
    rest = part.filter(pl.col("channel") == "other (2)")
    assert rest.select("mature", "sent", "replied_7d", "reply_rate").rows() == [
        (True, 23, 4, 4 / 23),
        (False, 23, 4, None),
    ]
