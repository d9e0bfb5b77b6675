"""The sentence of each card: true for any value, short, and clear about what would fill an empty card."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.answers import conversations, errors, jobs, llm, outreach, overview, pipeline, unit_costs
from dash_app.answers.phrases import SENTENCE_LENGTH, UNKNOWN
from dash_app.answers.windows import period_before, span
from dash_app.figures.style import View
from dash_app.formatters.formats import money, number
from dash_app.login.contacts import HIDDEN
from dash_app.pages import NUMBERS, PAGES
from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW, STAGES, nulls_of, stages_of, values_of, view

Answer = Callable[[Columns, View], str]

CARDS = [card for page in PAGES for card in page.cards if card.show is not None]
ANSWERS: dict[Answer, str] = {
    card.answer: card.dataset for card in CARDS if card.answer is not None and card.dataset is not None
}
TOTALS: dict[Answer, tuple[str, Callable[[float], str]]] = {
    overview.hourly_throughput: ("outreaches_sent", number),
    overview.stages: ("entered_24h", number),
    overview.model_costs: ("cost_usd", money),
    unit_costs.unit_economics: ("cost_usd", money),
    pipeline.sites_now_and_lost: ("in_it", number),
    pipeline.hourly_status_breakdown: ("sites", number),
    pipeline.daily_throughput: ("last_24h", number),
    outreach.reply_table: ("sent", number),
    outreach.outreach_daily: ("sent", number),
    outreach.delivery_by_channel: ("sent", number),
    conversations.conversations_daily: ("inbound", number),
    llm.daily_costs: ("cost_usd", money),
    llm.llm_usage_by_stage: ("calls", number),
    errors.http_errors: ("errors", number),
    errors.error_breakdown: ("errors", number),
}
"""The column whose sum a sentence says, and how it writes it."""

EACH = [
    pytest.param(answer, id=f"{answer.__module__.split('.')[-1]}-{answer.__name__}") for answer in ANSWERS
]
_FIXED_STAGES = {"pipeline_losses", "stage_flow", "daily_throughput", "outreach_funnel"}
_ONE_ROW = {"conversation_stats"}
_NEVER_NULL = {
    "hour", "day", "week", "started_at", "at", "measure", "window_hours", "outcome", "source", "status_code",
}  # fmt: skip


def cells(column: Column, dataset: str, *, wild: bool) -> st.SearchStrategy[Any]:
    """Draw a cell of a column: of its type, null where that may be; ``wild`` values come from odd sources."""
    counts = st.integers(0, 10**15 if wild else 9_999)
    drawn: st.SearchStrategy[Any]
    if column.type == "day":
        drawn = st.dates(date(2025, 12, 1), NOW.date()).map(str)
    elif column.type == "instant":
        drawn = st.integers(0, 22 * 86_400).map(lambda ago: to_iso(NOW - timedelta(seconds=ago)))
    elif column.type == "boolean":
        drawn = st.booleans()
    elif column.type == "integer":
        drawn = counts
    elif column.type == "number":
        drawn = st.floats(-1e300 if wild else 0, 1e300 if wild else 9_999, allow_nan=False)
    elif column.name == "status_code":
        drawn = st.sampled_from(["404", "500", "none"])
    else:
        drawn = st.text(max_size=200) if wild else st.sampled_from(["email", "sms", "sms_and_more", "form"])
    may_be_null = column.name not in _NEVER_NULL and column.type != "integer"
    may_be_null = may_be_null or column.name in ("duration_s", "p50_duration_s", "p95_duration_s")
    return st.none() | drawn if may_be_null else drawn


@st.composite
def columns_of(draw: st.DrawFn, dataset: str, *, wild: bool = False) -> Columns:
    """Draw the columns of a dataset as its header declares them."""
    declared = catalogue()[dataset]
    fixed = stages_of(declared) if dataset in _FIXED_STAGES else None
    if dataset == "activity_rolling":
        return values_of(dataset)
    rows = len(fixed) if fixed else 1 if dataset in _ONE_ROW else draw(st.integers(0, 6))
    drawn = {
        column.name: draw(
            st.lists(cells(column, dataset, wild=wild), min_size=rows, max_size=rows), label=column.name
        )
        for column in declared.columns
    }
    return drawn | ({"stage": list(fixed)} if fixed else {})


def test_every_chart_and_every_table_of_a_dataset_has_an_answer() -> None:
    assert [card.name for card in CARDS if card.kind != NUMBERS and card.answer is None] == []


@pytest.mark.parametrize("answer", EACH)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_value_makes_an_answer_fail(answer: Answer, data: st.DataObject) -> None:
    columns = data.draw(columns_of(ANSWERS[answer], wild=True))
    earlier = data.draw(st.none() | columns_of(ANSWERS[answer], wild=True))
    range_ = data.draw(
        st.sampled_from([None, "24h", "7d", "2026-10-01..2026-10-01", "2025-12-30..2026-01-02"])
    )
    for zone in ("UTC", "Australia/Adelaide"):
        said = answer(columns, View(ZoneInfo(zone), NOW, range=range_, previous=earlier))
        assert said
        assert not re.search(r"\bnan\b|None(?! of)|  |; ;|\(\)", re.sub(r"“.*”", "", said)) or _has_text(
            columns
        )


def _has_text(columns: Columns) -> bool:
    return any(isinstance(value, str) for values in columns.values() for value in values)


@pytest.mark.parametrize("answer", [pytest.param(answer, id=answer.__name__) for answer in TOTALS])
@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_total_in_an_answer_is_the_sum_of_the_column(answer: Answer, data: st.DataObject) -> None:
    columns = data.draw(columns_of(ANSWERS[answer]))
    column, shown = TOTALS[answer]
    total = sum(value or 0 for value in columns[column])
    said = answer(columns, view())
    if total:
        assert re.search(rf"(?<![\d,.]){re.escape(shown(total))}(?![\d,])", said), f"{total}: {said}"
    else:
        assert re.search(r"\b([Nn]o|[Nn]one|[Nn]othing|0)\b", said), said


@pytest.mark.parametrize("answer", EACH)
def test_an_answer_with_short_names_fits_one_line(answer: Answer) -> None:
    columns = values_of(ANSWERS[answer])
    earlier = {name: values[: len(values) // 2] for name, values in columns.items()}
    for asked in (view(), replace(view(), range="2026-10-01..2026-11-12", previous=earlier)):
        said = answer(columns, asked)
        assert 12 <= len(said) <= SENTENCE_LENGTH, said
        assert said[0] == said[0].upper()
        assert not said.endswith(".")


@pytest.mark.parametrize("answer", EACH)
def test_an_answer_takes_nulls_wherever_a_value_may_be_null(answer: Answer) -> None:
    said = answer(nulls_of(ANSWERS[answer]), view())
    assert not re.search(r"None(?! of)", said)


@pytest.mark.parametrize("answer", EACH)
def test_an_empty_card_says_what_would_fill_it(answer: Answer) -> None:
    dataset = ANSWERS[answer]
    if dataset == "activity_rolling":
        return
    rows = len(stages_of(catalogue()[dataset])) if dataset in _FIXED_STAGES else int(dataset in _ONE_ROW)
    empty = {
        column.name: list(stages_of(catalogue()[dataset]))
        if column.name == "stage" and rows > 1
        else [0] * rows
        for column in catalogue()[dataset].columns
    }
    assert answer(empty, view()).endswith(" fill this")
    assert answer(empty, replace(view(), is_filtered=True)).endswith(" with these filters")


@pytest.mark.parametrize("answer", EACH)
def test_an_answer_names_no_moment_that_moves(answer: Answer) -> None:
    said = answer(values_of(ANSWERS[answer]), view())
    assert not re.search(r"\b(today|yesterday|ago|so far|this week|right now)\b", said), said


def test_groups_that_share_the_first_place_are_both_named() -> None:
    columns: Columns = {"day": ["2026-11-23"] * 3, "channel": ["email", "sms", "form"], "sent": [40, 40, 20]}
    assert outreach.outreach_daily(columns, view()) == (
        "Sent 100 in 30 days; 3 channels, email and sms lead with 40% each"
    )


def test_one_group_is_named_without_a_share() -> None:
    columns: Columns = {"day": ["2026-11-23"], "channel": ["email"], "sent": [1]}
    assert outreach.outreach_daily(columns, view()) == "Sent 1 in 30 days; 1 channel, email"


def test_a_name_that_cannot_be_read_is_no_reason_for_silence() -> None:
    columns: Columns = {"day": ["2026-11-23"] * 2, "channel": [None, "sms"], "sent": [3, 1]}
    assert f"{UNKNOWN} leads with 75%" in outreach.outreach_daily(columns, view())


def test_the_groups_that_a_page_value_sums_up_are_counted_and_never_lead() -> None:
    columns: Columns = {
        "day": ["2026-11-23"] * 3,
        "channel": ["email", "sms", "other (7)"],
        "sent": [30, 20, 50],
    }
    assert outreach.outreach_daily(columns, view()) == "Sent 100 in 30 days; 9 channels, email leads with 30%"


def test_a_comparison_names_its_period_and_what_drove_it() -> None:
    columns: Columns = {
        "model": ["gpt-4o", "haiku"],
        "provider": [None] * 2,
        "calls": [9, 9],
        "tokens": [1, 1],
    }
    this_week: Columns = columns | {"cost_usd": [20.0, 7.0]}
    week_before: Columns = columns | {"cost_usd": [11.0, 9.0]}
    asked = replace(view(), range="7d", previous=week_before)
    assert llm.cost_by_model(this_week, asked) == (
        "$27.00 since 17 Nov, 35% more than in the week before; gpt-4o changed most, +$9.00"
    )


def test_a_failing_job_is_named_with_its_failures_and_its_error() -> None:
    columns = values_of("job_health", 3) | {
        "name": ["Enrich sites", "Score", "Backup"],
        "enabled": [True, True, True],
        "failing": [True, False, False],
        "consecutive_failures": [4, 0, 0],
        "last_error": ["timeout", None, None],
    }
    assert jobs.job_health(columns, view()) == (
        "1 of 3 jobs fails: Enrich sites, 4 times in a row, last error “timeout”"
    )
    hidden = columns | {"last_error": [HIDDEN, None, None]}
    assert jobs.job_health(hidden, view()) == "1 of 3 jobs fails: Enrich sites, 4 times in a row"


def test_a_hidden_message_is_not_quoted() -> None:
    columns = values_of("error_breakdown", 2) | {"message": [HIDDEN, HIDDEN], "errors": [5, 3]}
    assert errors.error_breakdown(columns, view()) == "8 errors of 2 kinds; the most frequent: 5"


def test_the_last_full_hour_is_named_and_stands_beside_what_is_usual_in_it() -> None:
    columns = values_of("hourly_throughput_48h") | {"sites": [7] * 46 + [12, 3]}
    usual: Columns = {
        "hour": columns["hour"],
        "sites_q25": [1] * 46 + [9, 4],
        "sites_median": [2] * 46 + [11, 5],
        "sites_q75": [3] * 46 + [14, 6],
    }
    said = overview.hourly_throughput(columns, replace(view(), beside=usual))
    assert said.startswith("12 sites moved from 19:00 to 20:00, usually 9 to 14; ")
    assert overview.hourly_throughput(columns, view()).startswith("12 sites moved from 19:00 to 20:00; ")
    short = usual | {name: [None] * 48 for name in ("sites_q25", "sites_median", "sites_q75")}
    assert "usually" not in overview.hourly_throughput(columns, replace(view(), beside=short))


def test_the_costs_of_models_name_the_one_that_changed_most_if_the_history_is_long() -> None:
    columns: Columns = {
        "model": ["big", "small", "gone"],
        "calls": [5, 4, 0],
        "cost_usd": [6.0, 2.0, 0.0],
        "previous_cost_usd": [5.0, 2.5, 2.5],
        "has_history": [True] * 3,
    }
    assert overview.model_costs(columns, view()) == (
        "$8.00 since 17 Nov, 20% less than in the week before; gone changed most, $2.50 less"
    )
    assert overview.model_costs(columns | {"has_history": [False] * 3}, view()) == (
        "$8.00 since 17 Nov; history too short to compare"
    )


@pytest.mark.parametrize(
    ("range_", "by_day", "words", "before"),
    [
        (None, True, "in 30 days", "the prior 30 d"),
        ("24h", False, "since 22 Nov 21:00", "the prior 24 h"),
        ("24h", True, "since 22 Nov", "the period before"),
        ("7d", True, "since 17 Nov", "the week before"),
        ("2026-11-05..2026-11-05", True, "on 5 Nov", "the day before"),
        ("2026-11-01..2026-11-05", True, "from 1 Nov to 5 Nov", "the 5 days before"),
        ("2025-12-30..2026-01-02", True, "from 30 Dec 2025 to 2 Jan 2026", "the 4 days before"),
    ],
)
def test_the_window_has_the_words_of_its_range(
    range_: str | None, by_day: bool, words: str, before: str
) -> None:
    asked = replace(view(), range=range_)
    assert span(asked, "30d", by_day=by_day) == words
    assert period_before(asked, "30d", by_day=by_day) == before


def test_a_stage_in_which_sites_wait_long_is_named() -> None:
    columns = values_of("stage_flow") | {
        "median_wait_hours": [1.0, 58.0, 2.0, 3.0, 4.0, None, 5.0, None],
        "oldest_wait_hours": [2.0, 100.0, 2.0, 3.0, 4.0, None, 5.0, None],
    }
    assert STAGES[1] == "assets_captured"
    assert pipeline.stage_flow(columns, View(ZoneInfo("UTC"), datetime(2026, 11, 23, 20, tzinfo=UTC))) == (
        "In 1 stage the median wait is over a day; longest in assets captured, 2 d 10 h,"
        " the oldest since 19 Nov 16:00"
    )


def test_a_name_from_right_to_left_turns_nothing_beside_it() -> None:
    name = "\u05e9\u05dd \u202e1"
    found = pipeline.sites_by_country({"country": [name, "us"], "sites": [71, 29]}, view())
    assert "\u2068\u05e9\u05dd 1\u2069 leads with 71%" in found
    assert "\u2068" not in pipeline.sites_by_country({"country": ["us"], "sites": [1]}, view())
