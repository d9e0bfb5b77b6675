"""Reading for a page, against a real database and a runner that only notes what it is asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from dash_app.pages import PAGES
from dash_app.reading import Reader
from engine.cache import EntryState
from engine.cache.store import set_entry
from engine.clock import wall_clock
from engine.datasets import catalogue
from engine.errors import ComputeError
from engine.runs import Runner, RunRequest, Trigger
from engine.settings import Settings, load_settings
from tests.dash_app.given import database, values_of

PIPELINE = next(page for page in PAGES if page.name == "pipeline")


class NotingRunner:
    """Stands in for the engine process; computes nothing, or stores the values of what it is asked."""

    def __init__(self, settings: Settings, failure: Exception | None = None) -> None:
        self.settings = settings
        self.failure = failure
        self.requests: list[RunRequest] = []

    def run(self, request: RunRequest, report: Any = None) -> None:
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        for name in request.names:
            set_entry(self.settings.db, catalogue()[name].key, values_of(name), 15, wall_clock())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"DASHBOARD_DB": str(database(tmp_path))}, tmp_path / "no.env")


def reader_of(settings: Settings, failure: Exception | None = None) -> tuple[Reader, NotingRunner]:
    runner = NotingRunner(settings, failure)
    return Reader(settings, cast(Runner, runner)), runner


def test_what_is_missing_is_computed_and_then_shown(settings: Settings) -> None:
    reader, runner = reader_of(settings)
    reading = reader.read_page(PIPELINE, wall_clock())
    assert [(request.trigger, set(request.names)) for request in runner.requests] == [
        (Trigger.READ, set(PIPELINE.datasets))
    ]
    assert {entry.state for entry in reading.entries.values()} == {EntryState.FRESH}
    assert reading.trouble is None


def test_what_is_fresh_starts_no_run(settings: Settings) -> None:
    reader, runner = reader_of(settings)
    reader.read_page(PIPELINE, wall_clock())
    runner.requests.clear()
    reader.read_page(PIPELINE, wall_clock())
    assert runner.requests == []


@pytest.mark.parametrize("stored", [[1, 2, 3], {"stage": ["found"]}, "text"])
def test_a_value_of_another_shape_is_computed_anew(settings: Settings, stored: Any) -> None:
    reader, runner = reader_of(settings)
    reader.read_page(PIPELINE, wall_clock())
    runner.requests.clear()
    set_entry(settings.db, "pipeline/pipeline_funnel", stored, 15, wall_clock())
    reading = reader.read_page(PIPELINE, wall_clock())
    assert [request.names for request in runner.requests] == [("pipeline_funnel",)]
    assert reading.entries["pipeline/pipeline_funnel"].state is EntryState.FRESH


def test_a_run_that_fails_leaves_the_expired_values_and_says_why(settings: Settings) -> None:
    reader, runner = reader_of(settings)
    reader.read_page(PIPELINE, wall_clock())
    runner.failure = ComputeError("the engine", "it ended", "try again")
    reading = reader.read_page(PIPELINE, wall_clock() + timedelta(hours=1))
    assert reading.trouble == "the engine: it ended; try again"
    assert {entry.state for entry in reading.entries.values()} == {EntryState.EXPIRED}
    assert all(entry.value is not None for entry in reading.entries.values())


def test_without_the_source_the_last_good_values_are_shown(settings: Settings) -> None:
    reader, _ = reader_of(settings)
    before = reader.read_page(PIPELINE, wall_clock())
    settings.db.unlink()
    reading = reader.read_page(PIPELINE, wall_clock())
    assert {key: entry.value for key, entry in reading.entries.items()} == {
        key: entry.value for key, entry in before.entries.items()
    }
    assert reading.trouble is not None
    assert "sites.db" in reading.trouble
    assert reading.state is None


def test_a_process_that_has_read_all_entries_once_can_show_every_page_without_the_source(
    settings: Settings,
) -> None:
    reader, _ = reader_of(settings)
    for page in PAGES:
        reader.read_page(page, wall_clock())
    another, _ = reader_of(settings)
    another.remember_all(wall_clock())
    settings.db.unlink()
    for page in PAGES:
        reading = another.read_page(page, wall_clock())
        assert all(entry.value is not None for entry in reading.entries.values()), page.name
