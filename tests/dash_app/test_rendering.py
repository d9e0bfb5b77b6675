"""Rendering: once for all who read the same, with digests that tell what a browser holds already."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from dash_app.cache_reader import CacheReader, PageData
from dash_app.pages import PAGES
from dash_app.rendering import RenderedCard, Renderer
from engine.model.settings import Settings
from engine.runs import Runner
from engine.runs.turns.queue import RunQueue
from engine.store.writes import set_entry
from tests.dash_app.given import NOW, FakeRunner, fill_cache, values_of
from tests.engine.source_database import execute

PIPELINE = next(page for page in PAGES if page.name == "pipeline")
CACHE = next(page for page in PAGES if page.name == "cache")
EXCLUDED = "pipeline/excluded_sites_count"


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(ZoneInfo("UTC"))


@pytest.fixture
def reader(settings: Settings, runner: FakeRunner) -> Iterator[CacheReader]:
    fill_cache(settings.db, NOW)
    reader = CacheReader(settings, RunQueue(cast(Runner, runner)))
    yield reader
    reader.queue.close()
    reader.snapshots.close()


def read(reader: CacheReader, seconds: int = 0) -> PageData:
    return asyncio.run(reader.read_page(PIPELINE, NOW + timedelta(seconds=seconds)))


def changed(
    before: tuple[RenderedCard, ...], after: tuple[RenderedCard, ...]
) -> dict[str, tuple[bool, bool]]:
    """Return the cards whose digests differ: that of the content, that of the rest."""
    pairs = zip(before, after, strict=True)
    differing = {
        one.name: (one.content_digest != two.content_digest, one.rest_digest != two.rest_digest)
        for one, two in pairs
    }
    return {name: parts for name, parts in differing.items() if any(parts)}


def test_cards_come_in_the_order_of_the_page_as_plain_json(reader: CacheReader, renderer: Renderer) -> None:
    cards = renderer.cards(PIPELINE, read(reader))
    assert [card.name for card in cards] == [card.name for card in PIPELINE.cards]
    for card in cards:
        for part in (card.content, list(card.rest)):
            assert json.loads(json.dumps(part)) == part


def test_what_readers_share_is_rendered_once(reader: CacheReader, renderer: Renderer) -> None:
    first = renderer.cards(PIPELINE, read(reader))
    assert renderer.cards(PIPELINE, read(reader)) is first
    assert renderer.cards(PIPELINE, read(reader, seconds=1)) is first, "nothing in it grows old by itself"


def test_what_another_process_would_render_has_the_same_digests(
    reader: CacheReader, renderer: Renderer
) -> None:
    other = Renderer(ZoneInfo("UTC"))
    assert other.cards(PIPELINE, read(reader)) == renderer.cards(PIPELINE, read(reader))


def test_cards_in_view_first_are_rendered_no_other_way(reader: CacheReader, renderer: Renderer) -> None:
    first = renderer.cards(PIPELINE, read(reader))
    other_order = asyncio.run(reader.read_page(PIPELINE, NOW, [PIPELINE.cards[-1].name]))
    assert renderer.cards(PIPELINE, other_order) == first


def test_a_new_value_changes_the_cards_that_show_it_and_no_other(
    reader: CacheReader, renderer: Renderer
) -> None:
    before = renderer.cards(PIPELINE, read(reader))
    set_entry(reader.settings.db, EXCLUDED, {"excluded_sites": [987]}, 60, NOW)
    assert changed(before, renderer.cards(PIPELINE, read(reader))) == {"excluded_sites": (True, False)}


def test_a_run_that_computes_the_same_value_changes_the_note_alone(
    reader: CacheReader, renderer: Renderer
) -> None:
    before = renderer.cards(PIPELINE, read(reader))
    later = NOW + timedelta(seconds=30)
    set_entry(reader.settings.db, EXCLUDED, values_of("excluded_sites_count"), 60, later)
    assert changed(before, renderer.cards(PIPELINE, read(reader, seconds=30))) == {
        "excluded_sites": (False, True)
    }


def test_a_value_that_expires_changes_the_note_alone(reader: CacheReader, renderer: Renderer) -> None:
    before = renderer.cards(PIPELINE, read(reader))
    execute(
        reader.settings.db,
        "update dashboard_cache set expires_at = '2026-01-01 00:00:00' where cache_key = ?",
        (EXCLUDED,),
    )
    assert changed(before, renderer.cards(PIPELINE, read(reader))) == {"excluded_sites": (False, True)}


def test_a_value_that_goes_changes_content_and_note(reader: CacheReader, renderer: Renderer) -> None:
    before = renderer.cards(PIPELINE, read(reader))
    execute(reader.settings.db, "delete from dashboard_cache where cache_key = ?", (EXCLUDED,))
    assert changed(before, renderer.cards(PIPELINE, read(reader))) == {"excluded_sites": (True, True)}


def test_the_sidebar_is_rendered_once_for_one_state_of_the_cache(
    reader: CacheReader, renderer: Renderer
) -> None:
    first = renderer.sidebar(read(reader))
    assert renderer.sidebar(read(reader)) is first
    execute(reader.settings.db, "delete from dashboard_cache where cache_key = ?", (EXCLUDED,))
    assert renderer.sidebar(read(reader)) != first


def test_cards_about_the_dashboard_itself_are_rendered_from_each_reading(
    reader: CacheReader, renderer: Renderer
) -> None:
    def cards() -> tuple[RenderedCard, ...]:
        return renderer.cards(CACHE, asyncio.run(reader.read_page(CACHE, NOW)))

    before = cards()
    execute(reader.settings.db, "delete from dashboard_cache where cache_key = ?", (EXCLUDED,))
    assert "entries" in changed(before, cards())
