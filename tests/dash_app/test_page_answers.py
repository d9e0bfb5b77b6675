"""The sentence that each page begins with: what it says of a value, and what stands there without one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from dash_app.answers import pipeline
from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.cache_reader import CacheReader, PageData
from dash_app.figures.style import Columns, View
from dash_app.page_answer import KNOWN, UNKNOWN, WAITING, answer_line
from dash_app.pages import PAGES, Page
from engine.model.results import UNAVAILABLE
from engine.model.settings import Settings
from engine.runs import Runner
from engine.runs.queue import RunQueue
from engine.store import EntryState, Problem
from tests.dash_app.given import NOW, FakeRunner, fill_cache, values_of, view

ZONE = ZoneInfo("UTC")
PIPELINE = next(page for page in PAGES if page.name == "pipeline")
NEEDED = "overview/activity_now"
WITH_ANSWER = [page for page in PAGES if page.answer is not None]


def said(answer: PageAnswer, views: dict[str, View] | None = None, **given: Columns) -> str:
    """Return a page's sentence of made-up values, those given in place of some of them."""
    names = (*answer.needs, *answer.uses)
    columns = {name: values_of(name) for name in names} | given
    of_each = dict.fromkeys(names, view()) | (views or {})
    return answer.make(PageValues(columns, of_each), of_each[answer.needs[0]])


@pytest.fixture
def reader(settings: Settings, runner: FakeRunner) -> Iterator[CacheReader]:
    fill_cache(settings.db, NOW)
    reader = CacheReader(settings, RunQueue(cast(Runner, runner)))
    yield reader
    reader.queue.close()
    reader.snapshots.close()


def read(reader: CacheReader, page: Page) -> PageData:
    return asyncio.run(reader.read_page(page, NOW))


def with_entry(data: PageData, key: str, **changed: Any) -> PageData:
    """Return what a page shows, one entry of it changed."""
    entry = replace(data.view.snapshot.entries[key], **changed)
    snapshot = replace(data.view.snapshot, entries=dict(data.view.snapshot.entries) | {key: entry})
    return replace(data, view=replace(data.view, snapshot=snapshot))


@pytest.mark.parametrize("page", WITH_ANSWER, ids=lambda page: page.name)
def test_each_page_begins_with_a_sentence(reader: CacheReader, page: Page) -> None:
    line = answer_line(page, read(reader, page), ZONE)
    assert line.css_class == KNOWN
    assert isinstance(line.children, str)
    assert not line.children[0].islower()
    assert not line.children.endswith(".")


def test_a_sentence_takes_datasets_of_its_page_alone() -> None:
    for page in WITH_ANSWER:
        assert page.answer is not None
        assert {*page.answer.needs, *page.answer.uses} <= set(page.datasets)
        assert set(page.answer.system) <= {card.name for card in page.cards}


def test_a_value_that_is_computed_for_the_first_time_is_waited_for(reader: CacheReader) -> None:
    missing: dict[str, Any] = {"value": None, "state": EntryState.MISSING, "due": True}
    data = with_entry(read(reader, PIPELINE), NEEDED, **missing)
    waiting = replace(data, view=replace(data.view, is_computing=True))
    assert answer_line(PIPELINE, waiting, ZONE).css_class == WAITING
    assert answer_line(PIPELINE, data, ZONE).css_class == UNKNOWN
    assert text_of(answer_line(PIPELINE, data, ZONE).children) == "Not computed yet"


def test_a_sentence_that_cannot_be_made_says_why(reader: CacheReader) -> None:
    problem = Problem(UNAVAILABLE, "the source has no table site_status", NOW)
    data = with_entry(read(reader, PIPELINE), NEEDED, value=None, problem=problem, due=False)
    line = answer_line(PIPELINE, data, ZONE)
    assert line.css_class == UNKNOWN
    assert text_of(line.children) == "The source has no table site_status"


def test_a_sentence_of_an_old_value_names_its_time(reader: CacheReader) -> None:
    fresh = read(reader, PIPELINE)
    old = with_entry(fresh, NEEDED, state=EntryState.EXPIRED, as_of=NOW - timedelta(days=1))
    failed = with_entry(old, NEEDED, problem=Problem("error", "boom", NOW))
    assert text_of(answer_line(PIPELINE, old, ZONE).children).endswith("as of 22 Nov 20:00")
    assert text_of(answer_line(PIPELINE, failed, ZONE).children).endswith("22 Nov 20:00, the last run failed")


def test_a_value_of_another_shape_breaks_no_page(reader: CacheReader) -> None:
    data = with_entry(read(reader, PIPELINE), NEEDED, value={"other": [1]})
    assert answer_line(PIPELINE, data, ZONE).css_class == UNKNOWN


def text_of(children: Any) -> str:
    parts = children if isinstance(children, list) else [children]
    return "".join(part if isinstance(part, str) else text_of(part.children) for part in parts)


def test_a_quiet_pipeline_is_called_quiet_since_an_instant() -> None:
    now: Columns = {"last_entry_at": ["2026-11-22T14:05:00Z"], "usual_entries": [12.4], "quiet": [True]}
    assert said(pipeline.PAGE, activity_now=now).startswith(
        "Quiet since 22 Nov 14:05, usually 12 entries by now"
    )
