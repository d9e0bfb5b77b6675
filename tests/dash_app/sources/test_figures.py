"""The figures of a source on the page of all say the same as its own pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from dash_app.cache_reader import CacheReader
from dash_app.live.conditions import Kind, condition
from dash_app.sources.figures import figures_of
from dash_app.sources.page import all_sources_page
from engine.model.access import EVERYBODY
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.runs import Runner
from engine.runs.health.standstill import ACTIVITY, Pace
from engine.runs.turns.queue import RunQueue
from engine.store.writes import set_entry
from tests.dash_app.given import FakeRunner, database
from tests.engine.source_database import settings_of


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[CacheReader]:
    settings = settings_of(database(tmp_path))
    reader = CacheReader(settings, RunQueue(cast(Runner, FakeRunner(settings.db))))
    yield reader
    reader.queue.close()
    reader.close()


@pytest.mark.parametrize(
    ("minutes", "quiet", "pace", "words"),
    [
        (5, False, Pace.MOVING, "Moving"),
        (40, False, Pace.USUAL, "Quiet as usual"),
        (40, True, Pace.UNKNOWN, "Quiet"),
    ],
)
def test_the_pipeline_goes_on_as_the_pill_says(
    reader: CacheReader, minutes: int, quiet: bool, pace: Pace, words: str
) -> None:
    now = wall_clock()
    last = to_iso(now - timedelta(minutes=minutes))
    value = {"last_entry_at": [last], "usual_entries": [13.6], "quiet": [quiet]}
    set_entry(reader.settings.store, catalogue()[ACTIVITY].key, value, 15, now)
    reader.snapshots.read(now)
    found = figures_of(reader, now)
    assert (found.pace, found.is_quiet) == (pace, quiet)
    assert f">{words}</span> <span" in all_sources_page(reader.settings, EVERYBODY, (found,), now)
    # Of an old value nobody knows whether it still holds.
    later = figures_of(reader, now + timedelta(hours=1))
    assert (later.pace, later.is_quiet, later.last_entry_at) == (Pace.UNKNOWN, None, found.last_entry_at)


def test_a_source_that_cannot_be_read_is_marked_though_its_cache_can(reader: CacheReader) -> None:
    now = wall_clock()
    reader.snapshots.read(now)
    assert figures_of(reader, now).trouble is None
    reader.conditions = (condition(Kind.UNREADABLE, "/srv/sites.db: no such file; name it"),)
    found = figures_of(reader, now)
    assert found.trouble == "sites.db: no such file; name it"
    assert "Cannot be read</span>" in all_sources_page(reader.settings, EVERYBODY, (found,), now)
