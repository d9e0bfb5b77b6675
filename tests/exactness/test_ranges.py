"""A dataset with another range, the period before or a filter equals an independent computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import Clock as ProductClock
from engine.model.errors import DashboardError
from engine.model.selections.selected import selected, takes_range
from engine.model.selections.selection import RANGES, Filters, Selection
from engine.replica.evaluate import evaluate
from engine.replica.macros import create_clock_macros, create_macros
from tests.exactness.filled import fill_replica
from tests.hostile import HOSTILE_MOMENTS
from tests.oracle import DATASETS, differences
from tests.oracle.clock import Clock
from tests.oracle.reading import Stored
from tests.oracle.source import (
    Conversation,
    CronJob,
    CronJobLog,
    FileFacts,
    HttpError,
    LlmUsage,
    Outreach,
    Site,
    SiteStatus,
    Source,
    SystemMetric,
)
from tests.oracle.windows import AT_MOST_14_DAYS, RANGED, range_clock

NULL = Stored("null", None)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
# Its clock was off by minutes and seconds.
MONROVIA = datetime.fromisoformat("1972-03-23T20:07:31+00:00"), "Africa/Monrovia"
MOMENTS = (HOSTILE_MOMENTS[4], HOSTILE_MOMENTS[7], HOSTILE_MOMENTS[10], MONROVIA)

FILTERED: dict[str, tuple[Filters, Callable[[Any], bool]]] = {
    "llm_daily_costs_30d": (
        (("model", "a"), ("stage", None)),
        lambda row: (row.model, row.stage) == ("a", None),
    ),
    "model_costs_7d": ((("provider", "p"),), lambda row: row.provider == "p"),
    "llm_cost_by_model_30d": ((("provider", "p"),), lambda row: row.provider == "p"),
    "cost_by_outcome_30d": (
        (("model", "b"), ("provider", "p")), lambda row: (row.model, row.provider) == ("b", "p")
    ),
    "outreach_daily_30d": ((("channel", "email"),), lambda row: row.contact_method == "email"),
    "delivery_by_channel_30d": ((("channel", None),), lambda row: row.contact_method is None),
    "reply_cohorts_8w": ((("channel", "sms"),), lambda row: row.contact_method == "sms"),
    "response_rates": ((("channel", "sms"),), lambda row: row.contact_method == "sms"),
    "outreach_funnel": ((("channel", "email"),), lambda row: row.contact_method == "email"),
    "hourly_status_breakdown_48h": ((("status", "found"),), lambda row: row.status == "found"),
    "http_errors_30d": ((("status_code", "404"),), lambda row: row.status_code == 404),
    "cron_timeline_24h": (
        (("job_name", "a"), ("status", "failed")), lambda row: (row.job_name, row.status) == ("a", "failed")
    ),
    "cron_daily_history_7d": ((("job_name", None),), lambda row: row.job_name is None),
    "job_hours_24h": ((("job_name", "a"),), lambda row: row.job_name == "a"),
    "job_health": ((("job_name", "a"),), lambda row: row.task_key == "a"),
    "pipeline_funnel": ((("country", "de"),), lambda row: row.country_code == "de"),
    "pipeline_losses": ((("country", "de"),), lambda row: row.country_code == "de"),
    "excluded_sites_count": ((("country", None),), lambda row: row.country_code is None),
    "sites_by_country": ((("country", None),), lambda row: row.country_code is None),
    "cron_job_summary": ((("job_name", "quiet"),), lambda row: row.task_key == "quiet"),
}  # fmt: skip
"""Datasets with filters, and the rows of the table they filter that are left."""

FILTERED_TABLES = {
    "outreach_daily_30d": "outreaches", "delivery_by_channel_30d": "outreaches",
    "reply_cohorts_8w": "outreaches", "response_rates": "outreaches",
    "outreach_funnel": "outreaches", "http_errors_30d": "http_errors",
    "hourly_status_breakdown_48h": "site_status", "cron_timeline_24h": "cron_job_logs",
    "cron_daily_history_7d": "cron_job_logs", "job_hours_24h": "cron_job_logs", "job_health": "cron_jobs",
    "cron_job_summary": "cron_jobs", "pipeline_funnel": "sites", "pipeline_losses": "sites",
    "excluded_sites_count": "sites", "sites_by_country": "sites",
}  # fmt: skip
"""The table that each of them filters; llm_usage where none is named."""


def ranges_at(clock: Clock) -> tuple[str, ...]:
    """Every named range, and some from day to day: up to today, over a fortnight, of long ago."""
    today = clock.day_of(clock.now)
    ends = ((0, 0), (3, 0), (9, 4), (13, 0), (40, 1), (420, 400))
    return (*RANGES, *(f"{today - first * DAY}..{today - last * DAY}" for first, last in ends))


def source_at(clock: Clock, seed: str) -> Source:
    """Rows on the first and last second of all ranges, a second off, and now and then anywhere."""
    rng = Random(seed)
    edges = [
        end
        for name in sorted(RANGED)
        for asked in (None, *ranges_at(clock))
        for before in (False, True)
        for ranged in [range_clock(name, asked, clock, before=before)]
        for end in (ranged.first, ranged.last)
    ]

    def at() -> datetime | None:
        if rng.random() < 0.05:
            return None
        if rng.random() < 0.3:
            return clock.now - timedelta(seconds=rng.randrange(-3600, 40 * 86400))
        return rng.choice(edges) + rng.choice((-1, 0, 0, 1)) * SECOND

    def some(*words: Any) -> Any:
        return rng.choice(words)

    def rows(count: int, make: Callable[[int], Any]) -> list[Any]:
        return [make(number) for number in range(1, count)]

    outreaches = rows(150, lambda n: Outreach(
        n, some(*range(1, 9), None), some("email", "sms", None),
        some("sent", "delivered", "bounced", "failed"), None, at(), at(),
        at() if rng.random() < 0.4 else None,
    ))  # fmt: skip
    return Source(
        {
            "sites": rows(60, lambda n: Site(
                some(n, n % 9, None), some("found", "excluded", "failing", "outreach_sent", None), None, at(),
                some("de", "fr", None),
            )),
            "site_status": rows(150, lambda n: SiteStatus(
                n, some(*range(9), None), some("found", "scored", None), at()
            )),
            "outreaches": outreaches,
            "conversations": rows(200, lambda n: Conversation(
                n, n % 160, some("inbound", "outbound"), some("positive", None), at(), NULL
            )),
            "llm_usage": rows(200, lambda n: LlmUsage(
                n, some(*range(9), None), some("s", "t", None), some("p", "q"), some("a", "b", None),
                some(1, None), some(2, 1e12), some(0.1, 1e12, None), at(),
            )),
            "http_errors": rows(100, lambda n: HttpError(n, some(404, 500, None), at())),
            "cron_jobs": [
                CronJob(n, f"Job {n}", key, 5, "minutes", True, False, None)
                for n, key in enumerate(("a", "b", "quiet"), 1)
            ],
            "cron_job_logs": rows(320, lambda n: CronJobLog(
                n, some("a", "b", None), some("success", "failed", "running"), at(), at(), None, 1, 0
            )),
            "system_metrics": rows(100, lambda n: SystemMetric(n, 1.5, some(2, None), 3, at())),
        },
        [], {}, FileFacts(0, 0, 0, 0, 0, "wal", "ok"),
    )  # fmt: skip


@pytest.fixture(scope="module", params=MOMENTS, ids=lambda moment: moment[1].replace("/", "-"))
def at(request: pytest.FixtureRequest) -> Iterator[tuple[duckdb.DuckDBPyConnection, Clock, Source]]:
    """A replica with rows on all edges, and the clock at which it is computed."""
    now, zone = request.param
    clock = Clock(now, ZoneInfo(zone))
    source = source_at(clock, f"{now} {zone}")
    with duckdb.connect(config={"threads": 1}) as connection:
        create_macros(connection)
        create_clock_macros(connection, ProductClock(now, zone))
        fill_replica(connection, source)
        yield connection, clock, source


At = tuple[duckdb.DuckDBPyConnection, Clock, Source]


def wrong(at: At, name: str, selection: Selection, rows_of: Source) -> list[str]:
    """Return how a selection of a dataset, and the period before, differ from the oracle's."""
    connection, clock, _ = at
    found = []
    if catalogue()[name].has_previous:
        selection = replace(selection, compare=False)
    for before in (False, True)[: 1 + selection.compare]:
        dataset = selected(catalogue()[name], selection, previous=before)
        value = evaluate(connection, dataset, ProductClock(clock.now, clock.zone.key))
        own = range_clock(name, selection.range, clock, before=before) if name in RANGED else clock
        found += [
            f"{dataset.name}: {difference}"
            for difference in differences({name: DATASETS[name][0](rows_of, own)}, {name: value})
        ]
    return found


def test_every_range_and_the_period_before_are_computed_to_the_letter(at: At) -> None:
    found, computed = [], 0
    for number, name in enumerate(sorted(RANGED)):
        # Half of the ranges at each moment, others for the next dataset.
        for asked in (None, *ranges_at(at[1]))[(number + at[1].now.day) % 2 :: 2]:
            if asked is None or takes_range(catalogue()[name], asked):
                found += wrong(at, name, Selection(asked, compare=True), at[2])
                computed += 1
    assert found == []
    assert computed > 80


def test_filters_leave_the_rows_that_they_name(at: At) -> None:
    found = []
    for name, (filters, is_left) in FILTERED.items():
        table = FILTERED_TABLES.get(name, "llm_usage")
        rest = replace(at[2], tables={**at[2].tables, table: list(filter(is_left, at[2].tables[table]))})
        for asked in (None, "7d") if name in RANGED else (None,):
            found += wrong(at, name, Selection(asked, name in RANGED, filters), rest)
    assert found == []


def test_what_is_selected_leaves_nothing_behind(at: At) -> None:
    connection, clock, source = at
    product_clock = ProductClock(clock.now, clock.zone.key)
    for name in sorted(RANGED):
        value = evaluate(connection, catalogue()[name], product_clock)
        assert differences({name: DATASETS[name][0](source, clock)}, {name: value}) == []
    assert (
        connection.execute(
            "select * from duckdb_functions() where database_name = 'temp' and not internal"
        ).fetchall()
        == []
    )


def test_a_range_that_ends_after_today_is_an_error(at: At) -> None:
    today = at[1].day_of(at[1].now)
    dataset = selected(catalogue()["llm_daily_costs_30d"], Selection(f"{today}..{today + DAY}"))
    with pytest.raises(DashboardError, match="ends after today"):
        evaluate(at[0], dataset, ProductClock(at[1].now, at[1].zone.key))


def test_the_oracle_knows_the_datasets_that_take_a_range() -> None:
    assert {name for name, dataset in catalogue().items() if takes_range(dataset)} == RANGED
    assert {name for name in RANGED if not takes_range(catalogue()[name], "30d")} == AT_MOST_14_DAYS


def test_a_window_that_begins_within_a_quarter_of_an_hour_is_exact_from_rollups(at: At) -> None:
    """No dataset of the catalogue has one, but a dataset of its own window of 24 hours would."""
    connection, clock, source = at
    costs = catalogue()["llm_daily_costs_30d"]
    own = replace(
        costs, range="24h", shape=None, columns=costs.columns[1:2],
        sql="select sum(calls)::bigint as calls from llm_calls_between(range_start('24h'), range_end())",
    )  # fmt: skip
    calls = sum(clock.in_last(row.created_at, DAY) for row in source.tables["llm_usage"])
    assert evaluate(connection, own, ProductClock(clock.now, clock.zone.key)) == {"calls": [calls]}
