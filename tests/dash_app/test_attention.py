"""What needs attention as the web app's visitors see it: links, the card, and when it changes."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from dash_app.attention import answer_json, attention_digest, attention_of, path_of
from dash_app.attention_card import fill_attention
from dash_app.cache_reader import CacheReader
from dash_app.formatters.jobs import count_jobs
from dash_app.live.conditions import Kind, condition
from dash_app.login.contacts import HIDDEN, without_contacts
from dash_app.markup import plain
from dash_app.pages import PAGES
from engine.attention.judging import Attention, Unjudged, judge
from engine.attention.line import Kind as LineKind
from engine.attention.line import Level, Line, Opened
from engine.model.catalogue.datasets import catalogue
from engine.model.settings import Settings
from engine.model.values.quality import UnrecognisedCount
from engine.runs import Runner
from engine.runs.turns.queue import RunQueue
from engine.store import CacheSnapshot, Entry
from engine.store.quality import Quality
from engine.store.writes import set_entry
from tests.dash_app.given import FakeRunner
from tests.engine.attention.given import ERRORS, HEALTH, NOW, WAITING, WELL, columns_of, entries

ZONE = ZoneInfo("UTC")
OVERVIEW = PAGES[0]
HOSTILE = "<b>bold</b> \u202egnp\n=cmd{{x}}"
FAILING = {"failing": True, "consecutive_failures": 2, "last_error": "no mailbox jane@example.org"}


def snapshot(given: Mapping[str, Entry], **more: Any) -> CacheSnapshot:
    return CacheSnapshot(None, given, NOW, NOW, NOW, **more)


def text_of(element: Any) -> str:
    """Return what a reader sees of components."""
    if isinstance(element, list):
        return " ".join(filter(None, map(text_of, element)))
    if isinstance(element, dict):
        return text_of(element.get("props", {}).get("children"))
    return "" if element is None else str(element)


def card_text(attention: Attention, **more: Any) -> str:
    content = fill_attention(attention, NOW, ZONE, NOW, **more)
    return f"{text_of(plain(content.content))} | {text_of(plain(content.note))}"


def line(**changes: Any) -> Line:
    made = Line(LineKind.JOB_FAILING, Level.CRITICAL, "Score is failing", "2 failed runs", "cron")
    return replace(made, **changes)


def test_a_line_leads_to_the_page_that_opens_its_rows() -> None:
    opens = Opened("job_health", "consecutive_failures", (("task_key", "a/ö&b"),))
    address = urlsplit(path_of(line(opens=opens)))
    assert address.path == "/jobs"
    card, column, cells = parse_qs(address.query)["rows"][0].split(":")
    shown = next(page for page in PAGES if page.path == "/jobs").cards
    assert [one.dataset for one in shown if one.name == card] == ["job_health"]
    assert column == "consecutive_failures"
    assert json.loads(base64.urlsafe_b64decode(cells + "==")) == {"task_key": "a/ö&b"}


def test_a_line_without_rows_or_with_hidden_ones_leads_to_its_page() -> None:
    assert path_of(line()) == "/jobs"
    hidden = line(opens=Opened("error_groups_30d", "errors_24h", (("message", HIDDEN),)), page="errors")
    assert path_of(hidden) == "/errors"
    assert answer_json(Attention((hidden,)), NOW)["lines"][0]["rows"] is None


def test_the_rows_of_every_rule_have_a_card_that_opens_them() -> None:
    for name in WELL:
        assert any(card.dataset == name for page in PAGES for card in page.cards), name


def test_the_card_says_all_clear_only_if_all_was_judged() -> None:
    assert card_text(judge(entries(), (), NOW, ZONE)).startswith("All clear")
    found = card_text(Attention(unjudged=(Unjudged("bounces", "expired"),)))
    assert "All clear" not in found
    assert found.endswith("| Not judged: bounces (expired)")


def test_the_card_says_so_if_there_is_nothing_yet_to_judge() -> None:
    nothing = Attention(has_begun=False)
    assert card_text(nothing).startswith("Nothing to judge yet")
    assert answer_json(nothing, NOW)["nothing_yet"] and not answer_json(nothing, NOW)["all_clear"]
    assert attention_digest(nothing) != attention_digest(Attention())


def test_the_card_loads_while_nothing_is_computed_yet_and_a_run_is_under_way() -> None:
    nothing = judge({}, (), NOW, ZONE)
    assert "is-loading" in fill_attention(nothing, NOW, ZONE, None, is_computing=True).body_class
    waiting = fill_attention(nothing, NOW, ZONE, None)
    assert "is-loading" not in waiting.body_class
    assert "not computed yet" in text_of(plain(waiting.note))


def test_a_line_has_a_word_for_its_level_its_reason_and_an_age_that_grows() -> None:
    shown = plain(
        fill_attention(
            Attention((line(since=NOW - timedelta(hours=3)), line(level=Level.WARNING)), more=2),
            NOW,
            ZONE,
            NOW,
        ).content
    )
    text = text_of(shown)
    assert "Critical" in text
    assert "Warning" in text
    assert "for  3 h" in text
    assert "and 2 more" in text
    assert '"data-age":"2026-11-23T17:00:00Z"' in json.dumps(shown, separators=(",", ":"))


def test_hostile_names_and_errors_are_text() -> None:
    job = HEALTH | FAILING | {"name": HOSTILE, "last_error": HOSTILE}
    text = card_text(judge(entries(job_health=job), (), NOW, ZONE))
    assert "<b>bold</b> gnp =cmd{{x}} is failing" in text
    assert "\u202e" not in text


def test_a_viewer_gets_no_contact_and_the_same_kinds_of_lines() -> None:
    given = entries(
        job_health=HEALTH | FAILING,
        error_groups_30d=ERRORS | {"stage": "other", "message": "jane@example.org"},
    )
    words = tuple(UnrecognisedCount("sites", "status", f"jane{number}", 1) for number in range(2))
    whole = snapshot(given, quality={"a": Quality((), words), "b": Quality((), words)})
    failed = [condition(Kind.FAILED, "The run of 12:00 failed: jane@example.org")]
    seen = attention_of(whole, NOW, ZONE, failed)
    hidden = attention_of(without_contacts(whole), NOW, ZONE, failed, sees_contacts=False)
    assert "jane" in repr(seen)
    assert "jane" not in repr(hidden)
    assert [one.kind for one in hidden.lines] == [one.kind for one in seen.lines]
    assert {one.kind for one in seen.lines} >= {LineKind.RUN, LineKind.ERROR_NEW, LineKind.UNRECOGNISED}
    assert attention_digest(seen) == attention_digest(hidden)


def test_unrecognised_words_count_once_however_many_datasets_read_them() -> None:
    words = (UnrecognisedCount("sites", "status", "odd", 3),)
    found = attention_of(
        snapshot(entries(), quality={"a": Quality((), words), "b": Quality((), words)}), NOW, ZONE
    )
    assert [one.title for one in found.lines] == ["3 values not recognised"]


@pytest.mark.parametrize("kind", [Kind.QUIET, Kind.OPEN, Kind.ZONE])
def test_conditions_that_have_a_rule_or_are_no_news_are_no_lines(kind: Kind) -> None:
    assert attention_of(snapshot(entries()), NOW, ZONE, [condition(kind, "so")]).is_all_clear


def test_the_jobs_on_the_list_are_those_that_the_pages_count() -> None:
    flags = list(product((True, False, None), (True, False), (True, False), (0, 2)))
    rows = [
        HEALTH
        | {"name": f"{number}", "task_key": f"{number}", "enabled": enabled, "failing": failing and enabled}
        | {"stuck": stuck, "running_since": "2026-11-23T19:59:00Z" if stuck else None, "abandoned_7d": killed}
        | {"consecutive_failures": 2}
        for number, (enabled, failing, stuck, killed) in enumerate(flags)
    ]
    counted = count_jobs(columns_of(*rows))
    found = [judge(entries(job_health=row), (), NOW, ZONE).lines for row in rows]
    text = [" ".join(f"{one.title} {one.reason}" for one in lines) for lines in found]
    assert sum("is failing" in one for one in text) == counted.failing > 0
    assert sum("stuck" in one for one in text) == counted.stuck > 0
    assert sum("killed runs" in one for one in text) == counted.killed > 0


@pytest.fixture
def reader(settings: Settings, runner: FakeRunner) -> CacheReader:
    for name, row in WELL.items():
        given = WAITING | {"waiting_positive": 1, "oldest_positive_hours": 23.9}
        value = columns_of(given if name == "waiting_replies" else row)
        set_entry(settings.db, catalogue()[name].key, value, 24 * 60, NOW)
    return CacheReader(settings, RunQueue(cast(Runner, runner)))


def test_time_alone_changes_what_an_open_page_shows(reader: CacheReader) -> None:
    def kinds(now: datetime) -> list[str]:
        data = asyncio.run(reader.read_page(OVERVIEW, now))
        assert data.attention is not None
        return [one.kind.value for one in data.attention.lines]

    before, after = NOW + timedelta(minutes=5), NOW + timedelta(minutes=6)
    assert "replies_waiting" not in kinds(before)
    assert "replies_waiting" in kinds(after)
    snapshot = reader.snapshots.current(after)
    assert snapshot is not None
    assert reader.version(snapshot, before) != reader.version(snapshot, after)
    assert reader.version(snapshot, after) == reader.version(snapshot, after + timedelta(minutes=9))
    reader.conditions = (condition(Kind.LATE, "The scheduled run is late"),)
    assert kinds(after)[0] == "run"


def test_the_overview_asks_for_all_that_the_list_needs() -> None:
    assert set(WELL) <= set(OVERVIEW.datasets)


def test_a_line_of_a_condition_has_the_title_of_the_pill() -> None:
    conditions = (
        condition(Kind.LATE, "No worker has answered yet", label="No worker"),
        condition(Kind.LATE, "The run due at 12:00 has not come"),
    )
    found = attention_of(snapshot({}), NOW, ZoneInfo("UTC"), conditions).lines
    assert [one.title for one in found] == ["No worker", "The scheduled run is late"]
