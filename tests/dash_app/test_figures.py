"""Figures, numbers and tables drawn from given columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from dash_app.figures import cron, errors, llm, outreach, overview, pipeline, system
from dash_app.figures.style import View
from dash_app.formatters import database, jobs
from dash_app.formatters.tones import BAD
from dash_app.pages import CHART, PAGES, Card
from engine.model.clock import to_iso
from engine.model.colours import FIXED, NULL, OTHER, PALETTE
from engine.model.values.payload import Columns
from tests.dash_app.given import NOW, STAGES, nulls_of, values_of, view

NAMED_CARDS = {f"{page.name}-{card.name}": card for page in PAGES for card in page.cards if card.show}
DATASET_CARDS = [pytest.param(card, id=name) for name, card in NAMED_CARDS.items()]
CHART_CARDS = [pytest.param(card, id=name) for name, card in NAMED_CARDS.items() if card.kind == CHART]


def dataset_of(card: Card) -> str:
    assert card.dataset is not None
    return card.dataset


def shown_by(card: Card, columns: Columns, zone: str = "UTC") -> Any:
    """Return what the card's own function makes of the columns: a figure, numbers or a table."""
    assert card.show is not None
    return card.show(columns, view(zone))


@pytest.mark.parametrize("card", DATASET_CARDS)
@pytest.mark.parametrize("zone", ["UTC", "Australia/Adelaide", "America/New_York"])
def test_a_card_shows_plausible_values_in_any_zone(card: Card, zone: str) -> None:
    shown = shown_by(card, values_of(dataset_of(card)), zone)
    assert shown
    if card.kind == CHART:
        assert shown["data"], "the chart is empty although there are values"
        assert isinstance(shown, dict)
        orjson.dumps(shown)


@pytest.mark.parametrize("card", DATASET_CARDS)
def test_a_card_shows_values_with_nulls(card: Card) -> None:
    assert shown_by(card, nulls_of(dataset_of(card)))


@pytest.mark.parametrize("card", CHART_CARDS)
def test_a_chart_without_anything_to_show_says_so(card: Card) -> None:
    zeros = {
        name: [0 if isinstance(value, int | float) else value for value in values]
        for name, values in values_of(dataset_of(card)).items()
    }
    figure = shown_by(card, zeros if _has_fixed_rows(card) else {name: [] for name in zeros})
    assert figure["data"] == []
    assert figure["layout"]["annotations"][0]["text"]


def _has_fixed_rows(card: Card) -> bool:
    return card.dataset not in {
        "cron_timeline_24h", "job_hours_24h", "reply_cohorts_8w",
        "hourly_status_breakdown_48h", "http_errors_30d", "llm_cost_by_model_30d",
        "llm_cost_by_stage_30d", "outreach_daily_30d", "system_metrics_24h",
    }  # fmt: skip


def test_the_funnel_has_a_bar_for_each_stage_in_its_own_colour() -> None:
    figure = pipeline.sites_reached(values_of("pipeline_losses"), view())
    (bars,) = figure["data"]
    assert bars["y"] == [stage.replace("_", " ") for stage in STAGES]
    assert bars["marker"]["color"] == [FIXED["stage"][stage] for stage in STAGES]


def test_a_week_in_which_nothing_was_sent_keeps_its_place() -> None:
    columns: Columns = {
        "week": ["2026-10-26", "2026-11-16"],
        "channel": ["email", "email"],
        "sent": [10, 20],
        "replied_7d": [1, 5],
        "positive_7d": [0, 2],
        "mature": [True, False],
    }
    (bars,) = outreach.reply_cohorts(columns, view())["data"]
    assert [label[8:14].strip() for label in bars["x"]] == ["26 Oct", "2 Nov", "9 Nov", "16 Nov"]
    assert bars["y"] == [0.1, None, None, 0.25]


def test_an_hour_without_a_status_counts_as_zero_in_the_stack() -> None:
    columns: Columns = {
        "hour": ["2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z"],
        "status": ["found", "scored"],
        "sites": [3, 4],
    }
    figure = pipeline.hourly_status_breakdown(columns, view())
    assert {trace["name"]: trace["y"] for trace in figure["data"][1:]} == {"found": [3, 0], "scored": [0, 4]}


def test_hours_are_labelled_in_the_dashboards_zone() -> None:
    figure = overview.hourly_throughput(values_of("hourly_throughput_48h"), view("Australia/Adelaide"))
    assert "06:00" in figure["layout"]["xaxis"]["ticktext"]
    first = figure["layout"]["xaxis"]["tickvals"][0]
    assert first.endswith("30:00"), "a whole hour of Adelaide is a half hour of UTC"


def test_the_two_hours_that_share_a_label_when_clocks_go_back_stand_apart() -> None:
    hours = [datetime(2026, 11, 1, 4, tzinfo=UTC) + timedelta(hours=step) for step in range(4)]
    columns: Columns = {
        "hour": [to_iso(hour) for hour in hours],
        "sites": [1, 2, 3, 4], "outreaches_sent": [0] * 4, "replies": [0] * 4,
    }  # fmt: skip
    figure = overview.hourly_throughput(columns, View(ZoneInfo("America/New_York"), hours[-1]))
    assert len(set(figure["data"][0]["x"])) == 4
    assert [label.split()[3][:5] for label in figure["data"][0]["customdata"]] == [
        "00:00",
        "01:00",
        "01:00",
        "02:00",
    ]


def test_the_gantt_chart_has_a_bar_for_each_run_and_lets_a_running_one_end_now() -> None:
    columns: Columns = {
        "job_name": ["a", "b", "a"],
        "name": ["Job A", "Job B", "Job A"],
        "status": ["success", "running", "failed"],
        "started_at": ["2026-11-23T10:00:00Z", "2026-11-23T19:50:05Z", "2026-11-23T12:00:00Z"],
        "finished_at": ["2026-11-23T10:02:00Z", None, None],
        "duration_s": [120, None, None],
    }
    drawn = cron.cron_timeline(columns, view())["data"]
    traces = {trace["name"]: trace for trace in drawn if trace["type"] == "bar"}
    assert traces["success"]["x"] == [120_000]
    assert traces["running"]["x"] == [600_000]
    assert traces["failed"]["x"] == [0]
    assert "2 min" in traces["success"]["hovertext"][0]


def test_a_gap_in_the_samples_breaks_the_line() -> None:
    columns: Columns = {
        "at": ["2026-11-23T10:00:00Z", "2026-11-23T10:05:00Z", "2026-11-23T11:00:00Z"],
        "cpu_percent": [1.0, 2.0, 3.0], "memory_percent": [1.0, 2.0, 3.0],
        "disk_percent": [1.0, 2.0, 3.0], "cpu_percent_max": [1.0, 2.0, 3.0],
    }  # fmt: skip
    assert system.system_metrics(columns, view())["data"][1]["y"] == [1.0, 2.0, None, 3.0]


def test_what_stands_for_rare_status_codes_is_drawn_last_and_grey() -> None:
    codes = ["other (4)", "404", "none", "503"]
    columns: Columns = {"day": ["2026-11-23"] * 4, "status_code": codes, "errors": [4, 3, 2, 1]}
    traces = errors.http_errors(columns, view())["data"]
    assert {trace["name"] for trace in traces} == {"no response", "404", "503", "other (4)"}
    assert (traces[-1]["name"], traces[-1]["marker"]["color"]) == ("other (4)", OTHER)
    assert sum(sum(trace["y"]) for trace in traces) == sum(columns["errors"])


def test_a_status_that_nobody_knows_has_a_colour_of_its_own() -> None:
    columns: Columns = {
        "hour": ["2026-11-23T18:00:00Z"] * 3,
        "status": ["found", "odd", None],
        "sites": [1, 2, 3],
    }
    traces = pipeline.hourly_status_breakdown(columns, view())["data"][1:]
    assert len({trace["marker"]["color"] for trace in traces}) == 3


def test_a_database_that_is_damaged_is_said_to_be() -> None:
    columns = values_of("database_health", 1) | {"integrity": ["row 3 missing from index"]}
    stat = next(stat for stat in database.database_health(columns, view()) if stat.label == "integrity")
    assert (stat.tone, stat.hint) == (BAD, "row 3 missing from index")


def test_a_database_on_a_server_has_no_numbers_of_a_file() -> None:
    of_a_file = ("integrity", "journal_mode", "wal_bytes", "pages", "free_pages")
    columns = values_of("database_health", 1) | {name: [None] for name in of_a_file}
    found = database.database_health(columns, view())
    assert [stat.label for stat in found] == ["database", "rows", "last write"]
    assert found[0].hint == "in PostgreSQL"


def test_an_overdue_job_is_marked_in_its_row() -> None:
    columns = {name: values[:1] for name, values in values_of("cron_job_summary", 2).items()}
    columns |= {"overdue": [True], "next_due_at": [to_iso(NOW - timedelta(hours=2))]}
    (row,) = jobs.job_schedule(columns, view()).rows
    assert row[4].text == "overdue, due 2 h ago"
    assert row[4].tone == BAD


def _colours_in(part: Any) -> set[str]:
    """Return the colours of marks and lines in a part of a figure."""
    if isinstance(part, dict):
        own = {name: value for name, value in part.items() if name in ("color", "fillcolor", "fgcolor")}
        found = {
            colour for value in own.values() for colour in (value if isinstance(value, list) else [value])
        }
        return found.union(*(_colours_in(value) for value in part.values()))
    return set().union(*(_colours_in(item) for item in part)) if isinstance(part, list) else set()


@pytest.mark.parametrize("card", CHART_CARDS)
def test_everything_drawn_has_a_colour_of_the_palette(card: Card) -> None:
    figure = shown_by(card, values_of(dataset_of(card)))
    drawn = [trace for trace in figure["data"] if trace.get("showlegend", True) or trace["type"] == "bar"]
    colours = set().union(*(_colours_in(trace) for trace in drawn))
    assert colours
    assert colours <= {*PALETTE, OTHER, NULL}


def test_the_texts_beside_bars_have_their_room_in_the_margin_of_a_chart_of_any_width() -> None:
    columns = values_of("daily_throughput") | {"last_24h": [123_456] * 8, "previous_24h": [1] * 8}
    layout = pipeline.daily_throughput(columns | {"change": [0.15] * 8}, view())["layout"]
    assert layout["margin"]["r"] >= 7 * len("123,456  +15%")
    assert layout["xaxis"]["range"] == [0, pytest.approx(123_456, rel=0.05)]


def test_outcomes_are_not_compared_with_those_of_sites_that_had_longer_to_answer() -> None:
    columns = values_of("cost_by_outcome_30d")
    alone = llm.cost_by_outcome(columns, view())
    halved = {
        name: [cell / 2 if isinstance(cell, float) else cell for cell in cells]
        for name, cells in columns.items()
    }
    assert llm.cost_by_outcome(columns, replace(view(), previous=halved)) == alone
