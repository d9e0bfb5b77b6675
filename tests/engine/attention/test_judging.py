"""The list of what needs attention: its order, its length, and what could not be judged."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.attention.as_json import attention_json
from engine.attention.judging import NEEDED, Attention, judge
from engine.attention.line import Kind, Level
from engine.attention.runs import run_line
from engine.attention.shortening import MOST_LINES
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.model.values.quality import UnrecognisedCount
from engine.runs import Runner
from engine.store import Entry, EntryState, Problem, read_entries
from engine.store.sqlite.migration import migrate
from tests.engine.attention.given import (
    ACTIVITY,
    DELIVERY,
    HEALTH,
    HOUR,
    NOW,
    SCHEDULE,
    TODAY,
    WAITING,
    WELL,
    entries,
)
from tests.engine.source_database import execute, make_source, run_request, settings_of

ZONE = ZoneInfo("UTC")


def jobs(count: int, **change: object) -> list[dict[str, object]]:
    return [HEALTH | {"name": f"Job {n}", "task_key": f"job{n}"} | change for n in range(count)]


FAILING = {"failing": True, "consecutive_failures": 2, "last_failed_at": to_iso(NOW)}


def test_all_is_clear_if_all_was_judged_and_nothing_found() -> None:
    found = judge(entries(), (), NOW, ZONE)
    assert found.is_all_clear
    assert (found.lines, found.more, found.critical, found.warning) == ((), 0, 0, 0)


def test_a_source_without_rows_has_nothing_to_judge_until_something_happens(tmp_path: Path) -> None:
    db = make_source(tmp_path / "sites.db")
    migrate(db)

    def judged(runner: Runner) -> Attention:
        runner.run(run_request(*NEEDED, now=wall_clock()))
        now = wall_clock()
        return judge(read_entries(db, [catalogue()[name].key for name in NEEDED], now), (), now, ZONE)

    with closing(Runner(settings_of(db))) as runner:
        found = judged(runner)
        assert (found.is_nothing_yet, found.is_all_clear, found.lines, found.unjudged) == (
            True,
            False,
            (),
            (),
        )
        execute(db, "insert into site_status (site_id, status, created_at) values (1, 'found', '2026-11-23')")
        assert judged(runner).is_all_clear
    assert not judge({}, (), NOW, ZONE).is_nothing_yet


def test_a_name_from_right_to_left_is_isolated_in_a_line_and_plain_in_json() -> None:
    (line,) = judge(entries(job_health=HEALTH | FAILING | {"name": "\u05e9\u05dd"}), (), NOW, ZONE).lines
    assert line.title.startswith("\u2068\u05e9\u05dd\u2069 ")
    (found,) = attention_json(Attention((line,)), NOW)["lines"]
    assert found["title"].startswith("\u05e9\u05dd ")


@pytest.mark.parametrize("name", NEEDED)
def test_nothing_is_all_clear_while_a_dataset_is_missing_expired_or_failed(name: str) -> None:
    key = catalogue()[name].key
    given = entries()
    failed = Problem("failed", "out of memory", NOW)
    absent = Problem("unavailable", "no table x", NOW)
    for entry, why in (
        (Entry(key, EntryState.MISSING), "not computed yet"),
        (Entry(key, EntryState.DAMAGED), "not computed yet"),
        (replace(given[key], state=EntryState.EXPIRED), "expired"),
        (replace(given[key], problem=failed), "the last run failed: out of memory"),
        (Entry(key, EntryState.MISSING, problem=absent), "no table x"),
        (replace(given[key], value={"odd": [1]}), "the value cannot be used"),
    ):
        found = judge(given | {key: entry}, (), NOW, ZONE)
        assert not found.is_all_clear
        assert f"{NEEDED[name]}" in found.unjudged_text
        assert why in found.unjudged_text


def test_what_cannot_be_judged_for_one_reason_stands_together() -> None:
    assert judge({}, (), NOW, ZONE).unjudged_text == f"{', '.join(NEEDED.values())} (not computed yet)"


def test_a_line_of_an_expired_value_stays() -> None:
    given = entries(job_health=HEALTH | FAILING)
    key = catalogue()["job_health"].key
    found = judge(given | {key: replace(given[key], state=EntryState.EXPIRED)}, (), NOW, ZONE)
    assert [line.kind for line in found.lines] == [Kind.JOB_FAILING]
    assert [one.what for one in found.unjudged] == ["health of jobs"]


def test_a_failed_dataset_is_a_line_also_if_no_rule_needs_it() -> None:
    problem = Problem("failed", "secret", NOW - HOUR)
    other = Entry("llm/llm_cost_by_model_30d", EntryState.MISSING, problem=problem)
    (line,) = judge(entries() | {other.key: other}, (), NOW, ZONE).lines
    assert (line.kind, line.reason, line.since) == (Kind.DATASETS_FAILED, other.key, NOW - HOUR)


def everything() -> dict[str, Entry]:
    return entries(
        job_health=[
            *jobs(2, **FAILING),
            HEALTH | {"name": "Killed", "task_key": "k", "abandoned_7d": 1},
        ],
        cron_job_summary=[SCHEDULE | {"name": f"Late {n}", "overdue": True} for n in range(2)],
        activity_now=ACTIVITY | {"quiet": True},
        usual_today=TODAY | {"so_far": 99.0},
        waiting_replies=WAITING | {"waiting_positive": 3, "oldest_positive_hours": 99.0},
        delivery_by_channel_30d=DELIVERY | {"bounced": 20, "bounce_rate": 0.2},
    )


def test_the_worst_comes_first_and_a_long_list_is_folded_and_cut_honestly() -> None:
    words = [UnrecognisedCount("sites", "status", "odd", 1)]
    others = [run_line("The latest run failed", "The run of 12:00 failed")]
    found = judge(everything(), words, NOW, ZONE, others)
    assert [line.kind for line in found.lines] == [
        Kind.RUN,
        Kind.JOB_FAILING,
        Kind.JOB_OVERDUE,
        Kind.PIPELINE_QUIET,
        Kind.REQUESTS_UNUSUAL,
        Kind.REPLIES_WAITING,
        Kind.BOUNCES,
    ]
    assert (len(found.lines), found.more) == (MOST_LINES, 2)
    assert (found.critical, found.warning) == (3, 8)
    assert found.lines[1].title == "2 jobs are failing"
    assert found.lines[1].reason == "Job 0, Job 1"
    assert found.lines[1].level is Level.CRITICAL


def test_each_job_has_a_line_while_there_is_room_and_one_line_for_all_beyond() -> None:
    few = judge(entries(job_health=jobs(MOST_LINES, **FAILING)), (), NOW, ZONE)
    assert len(few.lines) == MOST_LINES
    (line,) = judge(entries(job_health=jobs(MOST_LINES + 1, **FAILING)), (), NOW, ZONE).lines
    assert line.title == "8 jobs are failing"
    assert line.reason == "Job 0, Job 1, Job 2 and 5 more"
    assert (line.page, line.opens, line.since) == ("cron", None, NOW - HOUR)


def test_the_order_does_not_depend_on_that_of_the_rows() -> None:
    rows = jobs(5, **FAILING)
    forth, back = (judge(entries(job_health=given), (), NOW, ZONE).lines for given in (rows, rows[::-1]))
    assert forth == back


def test_the_needed_datasets_are_those_that_the_rules_read() -> None:
    assert set(NEEDED) == set(WELL)
