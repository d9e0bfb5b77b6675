"""The facts of every page: the pace of the pipeline, and counts that are the numbers their pages show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dash_app.formatters import conversation_cards, jobs
from dash_app.formatters.error_cards import active_errors
from dash_app.live.facts import NO_FACTS, facts_of
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.settings import Settings
from engine.model.values.fingerprint import fingerprints
from engine.runs.health.standstill import ACTIVITY
from engine.store import CacheSnapshot, SnapshotReader
from engine.store.writes import set_entry
from tests.dash_app.given import NOW, fill_cache, values_of, view

KEYS = tuple(dataset.key for dataset in catalogue().values())


def snapshot_of(settings: Settings, minutes: int = 0) -> CacheSnapshot:
    reader = SnapshotReader(settings.db, KEYS, 60, lambda entry: entry, fingerprints("UTC"))
    try:
        return reader.read(NOW + timedelta(minutes=minutes))
    finally:
        reader.close()


def test_each_count_is_the_number_that_its_page_shows(settings: Settings) -> None:
    fill_cache(settings.db, NOW)
    counts = facts_of(snapshot_of(settings))["counts"]
    shown = {
        "conversations": conversation_cards.waiting_replies(values_of("waiting_replies"), view())[0],
        "cron": jobs.job_totals(values_of("job_health"), view())[0],
        "errors": active_errors(values_of("active_errors_count"), view())[0],
    }
    assert {page: f"{count['number']:,}" for page, count in counts.items()} == {
        page: kpi.value for page, kpi in shown.items()
    }


def test_an_empty_cache_has_no_counts_and_no_pace(settings: Settings) -> None:
    assert facts_of(snapshot_of(settings)) == NO_FACTS | {"is_first": True}


def test_where_nothing_is_wrong_there_is_no_count(settings: Settings) -> None:
    fill_cache(settings.db, NOW)
    value = {name: [0] for name in values_of("active_errors_count")}
    set_entry(settings.db, catalogue()["active_errors_count"].key, value, 60, NOW)
    assert "errors" not in facts_of(snapshot_of(settings))["counts"]


@pytest.mark.parametrize(
    ("silence_minutes", "quiet", "age_minutes", "pace"),
    [
        (5, None, 0, "moving"),
        (300, False, 0, "usual"),
        (300, True, 0, "unknown"),
        (300, None, 0, "unknown"),
        (5, None, 61, "unknown"),
    ],
)
def test_the_pipeline_moves_if_entries_come_and_a_silence_may_be_usual(
    settings: Settings, silence_minutes: int, quiet: bool | None, age_minutes: int, pace: str
) -> None:
    last = to_iso(NOW - timedelta(minutes=silence_minutes))
    value: dict[str, list[Any]] = {"last_entry_at": [last], "usual_entries": [1.0], "quiet": [quiet]}
    set_entry(settings.db, catalogue()[ACTIVITY].key, value, 60, NOW)
    activity = facts_of(snapshot_of(settings, age_minutes))["activity"]
    assert activity == {"pace": pace, "last_row_at": last}


def test_the_first_run_is_first_until_something_is_stored(settings: Settings) -> None:
    assert facts_of(snapshot_of(settings))["is_first"]
    fill_cache(settings.db, NOW)
    assert not facts_of(snapshot_of(settings))["is_first"]
