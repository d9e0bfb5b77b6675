"""The conditions that every page is shown of beside its values."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from dash_app.live.conditions import Kind
from dash_app.live.notices import NO_WORKER, PageLag, read_notices
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, to_sqlite, wall_clock
from engine.model.settings import Settings
from engine.model.values.fingerprint import Fingerprint, fingerprints
from engine.runs import Trigger
from engine.runs.health.progress import RunProgress, read_progress, shared_progress
from engine.runs.health.standstill import ACTIVITY
from engine.runs.health.watch import OwnWatch, SourceReport
from engine.runs.turns.lock import holding, make_run_lock
from engine.store import Entry, EntryState, read_entries
from engine.store.freshness.lag import LagReport, SourceLag
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.origins import Origin
from engine.store.writes import set_entry
from tests.dash_app.given import NOW
from tests.engine.source_database import execute, settings_of

KEYS = tuple(dataset.key for dataset in catalogue().values())


def lines(settings: Settings) -> tuple[str, ...]:
    now = wall_clock()
    entries = read_entries(settings.db, KEYS, now, fingerprints(settings.time_zone))
    return read_notices(settings, entries, now, UnstoredFailures()).texts


def test_a_pipeline_that_stands_still_is_told(settings: Settings) -> None:
    now = wall_clock()
    value = {
        "last_entry_at": [to_iso(now - timedelta(minutes=21))],
        "usual_entries": [13.6],
        "quiet": [True],
    }
    set_entry(settings.db, catalogue()[ACTIVITY].key, value, 15, now)
    assert lines(settings) == ("No pipeline activity for 21 min (usually 14 entries by now)",)


def test_days_of_another_zone_are_told_until_there_are_none(settings: Settings) -> None:
    now = wall_clock()
    key = "llm/llm_daily_costs_30d"
    set_entry(settings.db, key, {"day": []}, 15, now)
    execute(settings.db, "update dashboard_cache set compute_ms = 1")
    known = fingerprints("UTC")[key]
    execute(
        settings.db,
        "insert into dashboard_origins values (?, ?, ?, ?, ?, 1, ?)",
        (key, to_sqlite(now), known.digest, known.time_zone, known.program, to_sqlite(now)),
    )
    assert lines(settings) == ()
    assert lines(settings_of(settings.db, DASHBOARD_TIMEZONE="Pacific/Auckland")) == (
        "Days and hours are those of UTC, until a run with this server's DASHBOARD_TIMEZONE=Pacific/Auckland",
    )


class NobodyComputes(OwnWatch):
    """The watch of a process without a source, to which no worker answers."""

    is_beside_source = False

    def trouble(self) -> str | None:  # type: ignore[override]
        return "No worker has answered yet: start `dashboard schedule` beside the source"


def test_while_nobody_computes_no_remedy_is_a_refresh(settings: Settings) -> None:
    now = wall_clock()
    execute(
        settings.db,
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status, error) values ('schedule', 'all', ?1, ?1, ?1, 1, 0, 0, 'failed', 'no source')",
        (to_sqlite(now),),
    )
    found = read_notices(settings, {}, now, UnstoredFailures(), NobodyComputes(settings)).conditions
    assert [(one.kind, one.label) for one in found] == [(Kind.FAILED, ""), (Kind.LATE, NO_WORKER)]
    for one in found:
        remedy = one.as_json(sees_contacts=True)["remedy"]
        assert "`dashboard schedule` beside the source" in remedy
        assert "Refresh" not in remedy


def test_days_of_the_workers_zone_are_not_mended_by_a_refresh(settings: Settings) -> None:
    entries = {"llm/llm_daily_costs_30d": entry_of_zone("UTC")}
    elsewhere = settings_of(settings.db, DASHBOARD_TIMEZONE="Pacific/Auckland")
    now, failures = wall_clock(), UnstoredFailures()
    beside, apart = (
        next(one for one in found.conditions if one.kind is Kind.ZONE).as_json(sees_contacts=True)["remedy"]
        for found in (
            read_notices(elsewhere, entries, now, failures, watch)
            for watch in (OwnWatch(elsewhere), NobodyComputes(elsewhere))
        )
    )
    assert "Full Refresh" in beside
    assert apart == "Give the worker and this process the same DASHBOARD_TIMEZONE."


def entry_of_zone(zone: str) -> Entry:
    origin = Origin(Fingerprint(zone, "", ""), None, wall_clock())
    return Entry("llm/llm_daily_costs_30d", EntryState.EXPIRED, {"day": []}, mismatch="days", origin=origin)


def test_a_late_run_is_told_while_a_run_is_under_way_too(settings: Settings) -> None:
    now = wall_clock()
    began = to_sqlite(now - timedelta(minutes=25))
    execute(
        settings.db,
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status) values ('schedule', 'all', ?1, ?1, ?1, 1, 1, 1, 'success')",
        (began,),
    )
    (late,) = lines(settings)
    assert late.endswith("is `dashboard schedule` running?")
    run = shared_progress(settings, Trigger.SCHEDULE, now, lambda _: None)
    with holding(make_run_lock(settings)), run:
        while read_progress(settings, wall_clock()) is None:
            # The file that other processes see is written by a thread of its own.
            threading.Event().wait(0.02)
        (late,) = lines(settings)
    assert late.endswith("(the last one began 25 min ago): a run is under way")


@dataclass
class Behind:
    """The watch of a process that hears of the source: ``new_rows`` came since values of an instant."""

    computed_at: datetime
    new_rows: int
    age_seconds: float = 0.0
    is_beside_source: bool = False

    def source(self, now: datetime) -> SourceReport | None:
        lag = SourceLag(self.new_rows, 0, is_capped=False)
        return SourceReport(LagReport({self.computed_at: lag}), 0.0, self.age_seconds)

    def progress(self, now: datetime) -> RunProgress | None:
        return None

    def trouble(self) -> None:
        return None


@pytest.mark.parametrize(
    ("watch", "lag"),
    [
        (Behind(NOW, 12), PageLag("12 new rows pending", is_pending=True)),
        (Behind(NOW, 12, age_seconds=60), PageLag("12 new rows pending at 19:59", is_pending=True)),
        (Behind(NOW, 0), PageLag("No new rows")),
        (Behind(NOW - timedelta(hours=1), 12), PageLag()),
    ],
    ids=["new rows", "heard a minute ago", "no rows", "of values that are gone"],
)
def test_a_page_says_which_rows_its_values_lack(settings: Settings, watch: Behind, lag: PageLag) -> None:
    set_entry(settings.db, "llm/llm_daily_costs_30d", {"day": []}, 15, NOW)
    entries = read_entries(settings.db, KEYS, NOW)
    assert read_notices(settings, entries, NOW, UnstoredFailures(), watch).lag["llm"] == lag
