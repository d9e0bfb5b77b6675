"""The sentence that each page begins with: what it says of a value, and what stands there without one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from dash_app.answers import conversations, errors, jobs, llm, outreach, pipeline, system
from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.cache_reader import CacheReader, PageData
from dash_app.figures.style import View
from dash_app.page_answer import KNOWN, UNKNOWN, WAITING, answer_line
from dash_app.pages import PAGES, Page
from engine.model.catalogue.datasets import catalogue
from engine.model.settings import Settings
from engine.model.values.payload import Columns
from engine.model.values.results import UNAVAILABLE
from engine.runs import Runner
from engine.runs.turns.queue import RunQueue
from engine.store import EntryState, Problem
from tests.dash_app.given import NOW, FakeRunner, fill_cache, nulls_of, values_of, view

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


def test_a_sentence_needs_datasets_of_its_page_alone() -> None:
    for page in WITH_ANSWER:
        assert page.answer is not None
        assert set(page.answer.needs) <= set(page.datasets)
        assert set(page.answer.uses) <= set(catalogue())
        assert set(page.answer.system) <= {card.name for card in page.cards}


OF_DATASETS = [page for page in WITH_ANSWER if page.answer is not None and not page.answer.system]


@pytest.mark.parametrize("page", OF_DATASETS, ids=lambda page: page.name)
def test_a_sentence_takes_nulls_and_datasets_without_a_row_or_a_value(page: Page) -> None:
    assert page.answer is not None
    needs, uses = page.answer.needs, page.answer.uses
    views = dict.fromkeys((*needs, *uses), view())
    nulls = {name: nulls_of(name) for name in (*needs, *uses)}
    no_rows: dict[str, Columns] = {name: {key: [] for key in nulls[name]} for name in uses if is_long(name)}
    alone = {name: nulls[name] for name in needs}
    for columns in (nulls, nulls | no_rows, alone):
        sentence = page.answer.make(PageValues(columns, views), view())
        assert sentence
        assert "None" not in sentence.split()[1:]
        assert "\n" not in sentence


def is_long(name: str) -> bool:
    return name != "activity_rolling" and len(next(iter(values_of(name).values()))) > 1


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


def test_a_pipeline_that_goes_on_says_how_much_where_sites_wait_and_where_they_are_lost() -> None:
    now: Columns = {"last_entry_at": ["2026-11-23T19:58:00Z"], "usual_entries": [12.4], "quiet": [False]}
    flow = values_of("stage_flow") | {"median_wait_hours": [1.0, 2.0, 30.0, *[2.0] * 5]}
    losses = values_of("pipeline_losses") | {"lost_excluded": [0, 1, 9, *[1] * 5], "lost_failing": [0] * 8}
    assert said(
        pipeline.PAGE,
        activity_now=now,
        activity_rolling=in_24_hours("stage_entries", 108, 100),
        stage_flow=flow,
        pipeline_losses=losses,
    ) == (
        "Moving: 108 status changes in 24 h, +8% vs prior 24 h; longest wait in scored, median 1 d 6 h;"
        " most lost after scored"
    )


@pytest.mark.parametrize(
    ("current", "previous", "words"),
    [
        (0, 5, "No status change in 24 h, the last 23 Nov 19:58"),
        (1, 0, "Moving: 1 status change in 24 h, none in the prior 24 h"),
        (3, None, "Moving: 3 status changes in 24 h"),
    ],
)
def test_entries_are_counted_in_correct_words(current: int, previous: int | None, words: str) -> None:
    now: Columns = {"last_entry_at": ["2026-11-23T19:58:00Z"], "usual_entries": [None], "quiet": [False]}
    rolling = in_24_hours("stage_entries", current, previous)
    sentence = said(pipeline.PAGE, activity_now=now, activity_rolling=rolling)
    assert sentence.split(";")[0] == words


def test_a_range_in_the_address_is_the_one_that_the_sentence_names() -> None:
    ranged = {"hourly_status_breakdown_48h": replace(view(), range="7d")}
    assert " status changes since 17 Nov" in said(pipeline.PAGE, ranged)
    previous = values_of("delivery_by_channel_30d") | {"sent": [10, 10, 10]}
    now = {name: cells[:3] for name, cells in values_of("delivery_by_channel_30d").items()}
    compared = replace(view(), range="7d", previous={name: cells[:3] for name, cells in previous.items()})
    sentence = said(
        outreach.PAGE,
        {"delivery_by_channel_30d": compared},
        delivery_by_channel_30d=now | {"sent": [20, 20, 20]},
    )
    assert sentence.startswith("Sent 60 since 17 Nov, +100% vs week before")


def test_outreach_without_a_message_says_what_would_fill_it() -> None:
    nothing: Columns = {name: [] for name in values_of("delivery_by_channel_30d")}
    sentence = said(outreach.PAGE, delivery_by_channel_30d=nothing)
    assert sentence == "Nothing was sent in 30 days; outreaches with a sent_at fill this"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((0, 0, None, 0, 0), "Nobody waits for us; no reply in 30 days; rows of conversations fill this"),
        (
            (0, 0, None, 10, 10),
            "Nobody waits for us; 100% of 30 days' replies answered, median 1 h 30 min",
        ),
        (
            (168, 26, 2100.0, 6659, 6121),
            "168 conversations wait for us, 26 positive, the oldest since 28 Aug 08:00;"
            " 92% of 30 days' replies answered, median 1 h 30 min",
        ),
        ((1, 1, 30.0, 10, 8), "1 positive conversation waits for us, since 22 Nov 14:00;"),
        (
            (7, 3, 30.0, 10, 8),
            "7 conversations wait for us, 3 positive, the oldest since 22 Nov 14:00;",
        ),
    ],
)
def test_conversations_say_who_waits_and_since_when(row: tuple[Any, ...], words: str) -> None:
    waiting, positive, oldest, received, answered = row
    columns: Columns = values_of("waiting_replies") | {
        "waiting": [waiting],
        "waiting_positive": [positive],
        "oldest_hours": [oldest],
        "received_30d": [received],
        "answered_30d": [answered],
        "median_answer_minutes": [90],
    }
    assert said(conversations.PAGE, waiting_replies=columns).startswith(words)


def jobs_of(**marks: list[Any]) -> Columns:
    """Return ``job_health`` of three enabled jobs."""
    rows: Columns = {name: cells[:3] for name, cells in values_of("job_health").items()}
    rows |= {"enabled": [True] * 3, "failing": [False] * 3, "stuck": [False] * 3, "abandoned_7d": [0] * 3}
    return rows | {"name": ["Inbox", "Backup", "Scoring"], "consecutive_failures": [1, 2, 0]} | marks


def test_jobs_that_fail_are_named_first_then_those_that_are_stuck_or_overdue() -> None:
    schedule = {name: cells[:3] for name, cells in values_of("cron_job_summary").items()}
    schedule |= {"name": ["Inbox", "Backup", "Scoring"], "overdue": [False, False, True]}
    calm = schedule | {"overdue": [False] * 3}
    two = jobs_of(failing=[True, True, False], stuck=[False, False, True])
    assert said(jobs.PAGE, job_health=two, cron_job_summary=schedule).startswith(
        "2 of 3 jobs fail: Backup and Inbox; 1 stuck: Scoring; 1 overdue: Scoring"
    )
    assert said(jobs.PAGE, job_health=jobs_of(), cron_job_summary=calm).startswith(
        "None of 3 jobs is failing, stuck or overdue; "
    )
    assert said(jobs.PAGE, job_health=jobs_of(), cron_job_summary=schedule).startswith(
        "1 of 3 jobs overdue: Scoring"
    )
    one = jobs_of(enabled=[True, False, False])
    assert said(jobs.PAGE, job_health=one, cron_job_summary=calm).startswith(
        "The one enabled job is not failing, stuck or overdue; "
    )
    off = jobs_of(enabled=[False] * 3)
    assert said(jobs.PAGE, job_health=off, cron_job_summary=calm) == "None of 3 jobs is enabled"


def usual(measure: str, so_far: float, usual_q75: float | None, days: int = 28) -> Columns:
    row = {"measure": measure, "day": "2026-11-23", "so_far": so_far, "usual_q75": usual_q75, "days": days}
    return {name: [cell] for name, cell in row.items()}


def test_errors_say_whether_more_requests_fail_than_is_usual() -> None:
    rolling = in_24_hours("failed_requests", 108, 100)
    calm = said(errors.PAGE, activity_rolling=rolling, usual_today=usual("failed_requests", 90, 80))
    many = said(errors.PAGE, activity_rolling=rolling, usual_today=usual("failed_requests", 200, 80))
    new = said(errors.PAGE, activity_rolling=rolling, usual_today=usual("failed_requests", 9, None, 0))
    assert "; 108 failed requests in 24 h, +8% vs prior 24 h, not far from usual" in calm
    assert "; failed requests far above usual: 200 today, usually 80 by now" in many
    assert "usual" not in new, "nothing is usual before seven days"


def test_errors_name_the_job_whose_error_is_new() -> None:
    groups: Columns = {name: cells[:1] for name, cells in values_of("error_groups_30d").items()}
    groups |= {"source": ["cron"], "stage": ["inbox"], "errors_24h": [2]}
    new: Columns = groups | {"first_seen": ["2026-11-23T10:00:00Z"]}
    old: Columns = groups | {"first_seen": ["2026-11-20T10:00:00Z"]}
    health = jobs_of(task_key=["inbox", "b", "c"])
    assert said(errors.PAGE, error_groups_30d=new, job_health=health).endswith("new error in Inbox")
    assert "new error" not in said(errors.PAGE, error_groups_30d=old, job_health=health)


def test_cost_names_its_change_and_what_drives_it() -> None:
    models = values_of("llm_cost_by_model_30d", 2) | {"model": ["big", "small"], "cost_usd": [75.0, 25.0]}
    stages = values_of("llm_cost_by_stage_30d", 2) | {"stage": ["scored", "found"], "cost_usd": [60.0, 40.0]}
    daily = values_of("llm_daily_costs_30d", 2) | {"cost_usd": [40.0, 60.0]}
    given: dict[str, Any] = {
        "llm_cost_by_model_30d": models,
        "llm_cost_by_stage_30d": stages,
        "llm_daily_costs_30d": daily,
    }
    rolling = in_hours(168, "llm_cost_usd", 12.0, 10.0)
    calm = said(llm.PAGE, activity_rolling=rolling, usual_today=usual("llm_cost_usd", 1, 2), **given)
    dear = said(llm.PAGE, activity_rolling=rolling, usual_today=usual("llm_cost_usd", 9, 2), **given)
    assert calm == (
        "$100.00 in 30 days, $12.00 in 7 d, +20% vs prior 7 d; most on big (75%) and scored (60%)"
    )
    assert ", $9.00 today, far above usual ($2.00 by now); most on" in dear


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ("ok", "The file of 5 KB was sound when last checked;"),
        (None, "The file of 5 KB has not been checked yet;"),
        ("row 7 is missing", "The file is damaged;"),
    ],
)
def test_the_system_page_says_whether_the_file_is_sound(finding: str | None, words: str) -> None:
    health = values_of("database_health") | {"integrity": [finding], "size_bytes": [5000]}
    values = PageValues({"database_health": health}, {"database_health": view()}, {"replica": ()})
    assert system.PAGE.make(values, view()) == f"{words} there is no replica yet"


def test_the_system_page_says_that_a_source_is_on_a_server() -> None:
    health = values_of("database_health") | {
        "integrity": [None],
        "journal_mode": [None],
        "size_bytes": [5000],
    }
    values = PageValues({"database_health": health}, {"database_health": view()}, {"replica": ()})
    assert system.PAGE.make(values, view()) == "The source of 5 KB is in PostgreSQL; there is no replica yet"


def in_hours(hours: int, measure: str, current: float, previous: float | None) -> Columns:
    """Return ``activity_rolling`` with a measure as given; a history too short for None."""
    columns = values_of("activity_rolling")
    row = list(zip(columns["measure"], columns["window_hours"], strict=True)).index((measure, hours))
    before = 7 if previous is None else previous
    columns["current"][row], columns["previous"][row] = current, before
    columns["change"][row] = current / before - 1 if before and previous is not None else None
    return columns


def in_24_hours(measure: str, current: float, previous: float | None) -> Columns:
    return in_hours(24, measure, current, previous)
