"""The oracle's datasets on tiny databases, against results worked out by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ..hostile import TABLES
from . import Columns, Unavailable, compute_all, unreadable_counts
from .messages_of_errors import generalized

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)

Row = Mapping[str, object]
Rows = Mapping[str, Sequence[Row]]
"""By table: its rows, each by column; a column that a row does not name is null."""


def computed(
    path: Path,
    rows: Rows,
    key: str,
    *,
    now: datetime = NOW,
    time_zone: str = "UTC",
) -> Columns:
    """One dataset of a new database with these rows; its other tables are empty."""
    with closing(sqlite3.connect(path / "sites.db")) as connection, connection:
        for table, declared in TABLES.items():
            listed = ", ".join(f"{name} {kind}" for name, kind in declared.items())
            connection.execute(f"create table {table} (id integer primary key, {listed})")
            for row in rows.get(table, []):
                places = ", ".join("?" for _ in row)
                values = list(row.values())
                connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", values)
    return computed_again(path, key, now=now, time_zone=time_zone)


def computed_again(path: Path, key: str, *, now: datetime = NOW, time_zone: str = "UTC") -> Columns:
    """One dataset of the database that is there already."""
    result = compute_all(path / "sites.db", now, time_zone)[key]
    assert not isinstance(result, Unavailable)
    return result


def statuses(*values: object) -> list[dict[str, object]]:
    return [{"status": value} for value in values]


def test_a_site_has_reached_its_stage_and_all_before_it(tmp_path: Path) -> None:
    rows = statuses("found", " FOUND ", "scored", "outreach_sent", "excluded", "failing", None, "new")
    result = computed(tmp_path, {"sites": rows}, "pipeline_funnel")
    assert result["sites"] == [2, 0, 1, 0, 0, 0, 0, 1]
    assert result["reached"] == [4, 2, 2, 1, 1, 1, 1, 1]
    assert result["step_rate"] == [None, 0.5, 1, 0.5, 1, 1, 1, 1]


def test_a_step_over_nothing_has_no_rate(tmp_path: Path) -> None:
    assert computed(tmp_path, {}, "pipeline_funnel")["step_rate"] == [None] * 8


def test_outreaches_are_sent_and_delivered_by_status_or_stamp(tmp_path: Path) -> None:
    outreaches: list[Row] = [
        {"id": 1, "status": "pending", "contact_method": "email"},
        {"id": 2, "status": "Bounced", "contact_method": "Email"},
        {"id": 3, "status": "pending", "sent_at": "2027-01-01", "contact_method": "sms"},
        {"id": 4, "status": None, "delivered_at": "2026-11-01", "contact_method": "sms"},
        {"id": 5, "status": "failed", "sent_at": "soon", "contact_method": "sms"},
    ]
    conversations = [
        {"outreach_id": 2, "direction": "inbound", "sentiment": "positive"},
        {"outreach_id": 3, "direction": "outbound", "sentiment": "positive"},
        {"outreach_id": 4, "direction": "inbound"},
        {"outreach_id": 9, "direction": "inbound"},
    ]
    rows: Rows = {"outreaches": outreaches, "conversations": conversations}
    result = computed(tmp_path, rows, "outreach_funnel")
    assert result["outreaches"] == [5, 3, 2, 1, 1]
    assert result["step_rate"] == [None, 0.6, 2 / 3, 0.5, 1]
    assert computed_again(tmp_path, "response_rates") == {
        "channel": ["email", "sms"],
        "sent": [1, 1],
        "delivered": [0, 0],
        "replied": [1, 0],
        "response_rate": [1, 0],
        "positive": [1, 0],
        "positive_rate": [1, 0],
    }


def test_twenty_four_hours_end_with_now_and_begin_after_the_same_time_yesterday(tmp_path: Path) -> None:
    stamps = [
        "2026-11-23 20:00:01",
        "2026-11-23 20:00",
        "2026-11-22 20:00:01",
        "2026-11-22 20:00",
        "2026-11-21",
    ]
    entries = [{"site_id": 1, "status": "scored", "created_at": stamp} for stamp in stamps]
    result = computed(tmp_path, {"site_status": entries}, "daily_throughput")
    assert (result["last_24h"][2], result["previous_24h"][2], result["change"][2]) == (2, 1, 1)
    assert (result["last_24h"][0], result["previous_24h"][0], result["change"][0]) == (0, 0, None)


def test_a_reply_is_the_first_inbound_message_after_the_sending(tmp_path: Path) -> None:
    outreaches = [{"id": 1, "sent_at": "2026-11-20 10:00"}, {"id": 2, "sent_at": "2026-11-20 10:00"}]
    inbound = {"direction": "inbound"}
    conversations = [
        {"outreach_id": 1, **inbound, "received_at": "2026-11-20 09:00", "read_at": ""},
        {"outreach_id": 1, **inbound, "received_at": "2026-11-20 10:00", "sentiment": "Positive"},
        {"outreach_id": 1, **inbound, "received_at": "2026-11-20 10:10", "sentiment": "angry"},
        {"outreach_id": 1, **inbound, "received_at": "2026-11-20 10:02"},
        {"outreach_id": 2, "direction": "outbound", "received_at": "2026-11-20 10:01"},
        {"outreach_id": 2, **inbound, "received_at": "2026-11-20 10:05"},
        {"outreach_id": 7, **inbound, "received_at": "2026-11-23 19:00"},
    ]
    rows: Rows = {"outreaches": outreaches, "conversations": conversations}
    result = {name: values[0] for name, values in computed(tmp_path, rows, "conversation_stats").items()}
    assert result == {
        "conversations": 2, "inbound": 6, "outbound": 1, "unread": 5, "positive": 1, "neutral": 0,
        "objection": 0, "negative": 0, "unclassified": 5, "inbound_24h": 1, "median_reply_minutes": 3.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("  GET https://a.b/c?d=1 failed 3 times\n", "GET <url> failed <n> times"),
        ("id 550E8400-e29b-41d4-a716-446655440000", "id <id>"),
        ("trace 0123456789abcdef end", "trace <id> end"),
        ("trace 0123456789abcde end", "trace <n>abcde end"),
        ("12345678901234567890", "<id>"),
        ("https://a.b/550e8400-e29b-41d4-a716-446655440000", "<url>"),
        ("x" * 198 + "123", "x" * 198 + "<n"),
        ("ü" * 300, "ü" * 200),
    ],
)
def test_messages_lose_their_particulars(message: str, expected: str) -> None:
    assert generalized(message) == expected


def test_errors_group_by_message_and_future_stamps_are_not_last_seen(tmp_path: Path) -> None:
    failing = {"status": "Failing", "error_message": "timeout 5"}
    run = {"job_name": "Sync", "status": "failed"}
    rows: Rows = {
        "sites": [
            {**failing, "updated_at": "2027-01-01"},
            {**failing, "error_message": " timeout 77", "updated_at": "2026-11-01"},
            {**failing, "error_message": " \n"},
            {**failing, "error_message": b"timeout 5"},
        ],
        "outreaches": [{"contact_method": "SMS", "error_message": "timeout 5"}],
        "cron_job_logs": [
            {**run, "started_at": "2026-10-25", "error_message": None},
            {**run, "started_at": "2026-10-25", "error_message": ""},
            {**run, "started_at": "2026-10-25", "error_message": b"x"},
            {**run, "started_at": "2026-10-24 23:59:59"},
            {**run, "started_at": "2026-11-24"},
        ],
    }
    assert computed(tmp_path, rows, "error_breakdown") == {
        "source": ["cron", "site", "outreach"],
        "stage": ["Sync", "failing", "sms"],
        "message": ["(no message)", "timeout <n>", "timeout <n>"],
        "errors": [3, 2, 1],
        "last_seen": ["2026-10-25T00:00:00Z", "2026-11-01T00:00:00Z", None],
    }


def test_a_job_is_summed_up_from_its_own_runs(tmp_path: Path) -> None:
    job = {
        "interval_value": 1,
        "interval_unit": "hours",
        "enabled": 1,
        "critical": 0,
        "created_at": "2026-01-01",
    }
    jobs = [{**job, "name": "B", "task_key": "sync"}, {**job, "name": "A", "task_key": "Sync", "enabled": 0}]
    runs: list[Row] = [
        {
            "job_name": "sync",
            "status": "success",
            "started_at": "2026-11-23 18:30",
            "finished_at": "2026-11-23 18:31",
        },
        {"job_name": "sync", "status": "failed", "started_at": "2026-11-20"},
        {"job_name": "sync", "status": "running", "started_at": "2026-11-23 20:00:01"},
    ]
    result = computed(tmp_path, {"cron_jobs": jobs, "cron_job_logs": runs}, "cron_job_summary")
    assert [{name: values[row] for name, values in result.items()} for row in (0, 1)] == [
        {
            "name": "A", "task_key": "Sync", "enabled": False, "critical": False, "interval_minutes": 60,
            "last_started_at": None, "last_status": None, "last_duration_s": None, "runs_24h": 0,
            "failures_24h": 0, "success_rate_7d": None, "next_due_at": None, "overdue": False,
        },
        {
            "name": "B", "task_key": "sync", "enabled": True, "critical": False, "interval_minutes": 60,
            "last_started_at": "2026-11-23T18:30:00Z", "last_status": "success", "last_duration_s": 60,
            "runs_24h": 1, "failures_24h": 0, "success_rate_7d": 0.5,
            "next_due_at": "2026-11-23T19:30:00Z", "overdue": False,
        },
    ]  # fmt: skip
    later = computed_again(tmp_path, "cron_job_summary", now=NOW + timedelta(seconds=1))
    assert later["overdue"] == [False, False]
    assert later["last_status"] == [None, "running"]


def test_one_and_a_half_intervals_must_be_exceeded_to_be_overdue(tmp_path: Path) -> None:
    job = {"task_key": "x", "interval_value": "2", "interval_unit": "hours", "enabled": "1"}
    on_time = {**job, "created_at": "2026-11-23 17:00:00"}
    assert computed(tmp_path, {"cron_jobs": [on_time]}, "cron_job_summary")["overdue"] == [False]
    (tmp_path / "late").mkdir()
    late = {**job, "created_at": "2026-11-23 16:59:59"}
    assert computed(tmp_path / "late", {"cron_jobs": [late]}, "cron_job_summary")["overdue"] == [True]


def test_the_hour_that_comes_twice_is_two_hours(tmp_path: Path) -> None:
    # Adelaide's clocks go back from 03:00 to 02:00 at 16:30 UTC: 15:30 and 16:30 are both 02:00 there.
    stamps = ["2026-04-04 15:29:59", "2026-04-04 15:30", "2026-04-04 16:29:59", "2026-04-04 16:30"]
    entries = [{"status": "found", "site_id": 1, "created_at": stamp} for stamp in stamps]
    now = datetime(2026, 4, 4, 17, 0, tzinfo=UTC)
    zone = "Australia/Adelaide"
    rows = {"site_status": entries}
    result = computed(tmp_path, rows, "hourly_status_breakdown_48h", now=now, time_zone=zone)
    assert result == {
        "hour": ["2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"],
        "status": ["found"] * 3,
        "sites": [1, 2, 1],
    }
    hours = computed_again(tmp_path, "hourly_throughput_48h", now=now, time_zone=zone)
    assert (len(hours["hour"]), hours["hour"][0]) == (48, "2026-04-02T17:30:00Z")
    assert hours["sites"][-3:] == [1, 1, 1]


def test_days_begin_at_local_midnight(tmp_path: Path) -> None:
    # Adelaide is 10:30 ahead in November: now is the 24th there, 30 days go back to 26 October.
    stamps = ["2026-11-23 13:29:59", "2026-11-23 13:30", "2026-10-25 13:30", "2026-10-25 13:29:59"]
    calls = [{"created_at": stamp, "estimated_cost": 1, "prompt_tokens": 2} for stamp in stamps]
    rows = {"llm_usage": calls}
    result = computed(tmp_path, rows, "llm_daily_costs_30d", time_zone="Australia/Adelaide")
    assert (result["day"][0], result["day"][-1]) == ("2026-10-26", "2026-11-24")
    assert result["calls"] == [1, *[0] * 27, 1, 1]
    assert result["tokens"] == [2, *[0] * 27, 2, 2]


def test_a_model_s_provider_is_the_one_with_most_calls_then_the_first_by_name(tmp_path: Path) -> None:
    call = {"created_at": "2026-11-23", "estimated_cost": 0.5, "prompt_tokens": 3, "completion_tokens": "x"}
    calls = [{**call, "model": "M", "provider": name} for name in ("b", "a", None, None, None)]
    result = computed(
        tmp_path,
        {"llm_usage": [*calls, {**call, "model": "l", "estimated_cost": 2.5}]},
        "llm_cost_by_model_30d",
    )
    assert result == {
        "model": ["l", "m"],
        "provider": [None, "a"],
        "calls": [1, 5],
        "tokens": [3, 15],
        "cost_usd": [2.5, 2.5],
    }


def test_status_codes_are_whole_numbers_and_the_rest_is_none(tmp_path: Path) -> None:
    codes = (404, "404", 404.0, 404.5, "abc", None)
    errors: list[Row] = [{"status_code": code, "occurred_at": "2026-11-23"} for code in codes]
    result = computed(tmp_path, {"http_errors": errors}, "http_errors_30d")
    assert result == {"day": ["2026-11-23"] * 2, "status_code": ["404", "none"], "errors": [3, 3]}


def test_samples_are_averaged_over_five_minutes_of_the_epoch(tmp_path: Path) -> None:
    samples: list[Row] = [
        {"recorded_at": "2026-11-23 19:55:00", "cpu_percent": 10},
        {"recorded_at": "2026-11-23 19:59:59", "cpu_percent": "30"},
        {"recorded_at": "2026-11-23 20:00:00", "cpu_percent": "?"},
    ]
    assert computed(tmp_path, {"system_metrics": samples}, "system_metrics_24h") == {
        "at": ["2026-11-23T19:55:00Z", "2026-11-23T20:00:00Z"],
        "cpu_percent": [20, None],
        "memory_percent": [None, None],
        "disk_percent": [None, None],
        "cpu_percent_max": [30, None],
    }


def test_unreadable_values_are_counted_by_table_and_column_and_nulls_are_not(tmp_path: Path) -> None:
    rows: Rows = {
        "sites": [
            {"status": b"x", "created_at": "", "updated_at": "abc"},
            {"status": None, "updated_at": "def"},
        ]
    }
    computed(tmp_path, rows, "pipeline_funnel")
    counts = unreadable_counts(tmp_path / "sites.db")
    assert counts == {("sites", "status"): 1, ("sites", "created_at"): 1, ("sites", "updated_at"): 2}


def test_the_usual_of_an_hour_counts_sites_once_on_whole_earlier_days(tmp_path: Path) -> None:
    entries = [
        {"site_id": site, "status": status, "created_at": f"2026-11-{day} 19:05"}
        for day, sites in ((19, 9), (20, 2), (21, 3), (22, 4), (23, 8))
        for site in range(sites)
        for status in ("found", "scored")
    ]
    result = computed(tmp_path, {"site_status": entries}, "activity_usual_48h")
    row = result["hour"].index("2026-11-23T19:00:00Z")
    usual = [result[name][row] for name in ("sites_q25", "sites_median", "sites_q75")]
    assert usual == [2, 3, 4], "the oldest entry is within the hour of the 19th, which is no whole one"
    row = result["hour"].index("2026-11-22T19:00:00Z")
    assert result["sites_median"][row] == 2
    assert result["sites_median"][result["hour"].index("2026-11-23T18:00:00Z")] == 0


def test_key_figures_end_as_far_into_their_last_day_as_now(tmp_path: Path) -> None:
    stamps = ["2026-11-17", "2026-11-23 20:00", "2026-11-16 20:00", "2026-11-16 20:01", "2026-11-10"]
    outreaches: list[Row] = [
        {"id": number, "sent_at": stamp} for number, stamp in enumerate([*stamps, *["2026-11-05"] * 5], 1)
    ]
    result = computed(tmp_path, {"outreaches": outreaches}, "key_figures_7d")
    assert [result[name][0] for name in ("measure", "first_day", "current", "previous", "has_history")] == [
        "outreaches_sent", None, 2, 2, True
    ]  # fmt: skip
    # From 10 to 23 November.
    assert result["current"][1:15] == [1, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 1]
