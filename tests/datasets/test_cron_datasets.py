"""Datasets of the cron page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.datasets.given import Given


def job(task_key: str | None, **values: Any) -> dict[str, Any]:
    """An enabled job that is to run every 10 minutes."""
    usual = {"name": task_key, "interval_value": 10, "interval_unit": "minutes", "enabled": True}
    return {"task_key": task_key, "critical": False, "created_at": "2026-01-01"} | usual | values


def run(
    started_at: str | None, status: str | None = "success", job_name: str | None = "j", **values: Any
) -> dict[str, Any]:
    """A run of a job."""
    return {"job_name": job_name, "status": status, "started_at": started_at} | values


def test_a_job_with_runs_shows_all_its_columns(given: Given) -> None:
    given.insert("cron_jobs", job("j", name="Jay", interval_value=2, interval_unit="hours", critical=True))
    given.insert(
        "cron_job_logs",
        run("2026-11-23 18:00", "success", finished_at="2026-11-23 18:00:45"),
        run("2026-11-23 19:00", "failed", finished_at="2026-11-23 19:01:30"),
        run("2026-11-20 19:00", "success"),
        run("2026-11-20 20:00", "success"),
    )
    assert given.row("cron_job_summary") == {
        "name": "Jay",
        "task_key": "j",
        "enabled": True,
        "critical": True,
        "interval_minutes": 120.0,
        "last_started_at": "2026-11-23T19:00:00Z",
        "last_status": "failed",
        "last_duration_s": 90,
        "runs_24h": 2,
        "failures_24h": 1,
        "success_rate_7d": 0.75,
        "next_due_at": "2026-11-23T21:00:00Z",
        "overdue": False,
    }


def test_jobs_come_by_name_then_key_with_the_unreadable_last(given: Given) -> None:
    given.insert(
        "cron_jobs", job("z", name=None), job("b", name="One"), job("a", name="One"), job("c", name="two")
    )
    given.insert("cron_jobs", job(None, name="One"), job("y", name="Two"))
    assert given.rows("cron_job_summary", "name", "task_key") == [
        ("One", "a"),
        ("One", "b"),
        ("One", None),
        ("Two", "y"),
        ("two", "c"),
        (None, "z"),
    ]


def test_keys_are_compared_as_they_stand(given: Given) -> None:
    given.insert("cron_jobs", job("Job"))
    given.insert("cron_job_logs", *[run("2026-11-23 19:00", job_name=name) for name in ("job", "Job ", None)])
    assert given.row("cron_job_summary")["runs_24h"] == 0


@pytest.mark.parametrize(
    ("value", "unit", "minutes"),
    [
        (15, "minutes", 15.0),
        (1.5, "hours", 90.0),
        (1, "days", 1440.0),
        (None, "hours", None),
        (1, "hour", None),
        (1, None, None),
        (1e308, "days", None),
    ],
)
def test_an_interval_has_one_of_three_units(
    given: Given, value: float | None, unit: str | None, minutes: float | None
) -> None:
    given.insert("cron_jobs", job("j", interval_value=value, interval_unit=unit))
    given.insert("cron_job_logs", run("2020-01-01"))
    row = given.row("cron_job_summary")
    assert row["interval_minutes"] == minutes
    assert row["overdue"] is (minutes is not None)
    assert (row["next_due_at"] is None) is (minutes is None)


def test_the_latest_run_is_by_start_then_id_and_not_later_than_now(given: Given) -> None:
    given.insert("cron_jobs", job("j"))
    given.insert(
        "cron_job_logs",
        run("2026-11-23 19:00", "failed", run_id=7),
        run("2026-11-23 19:00", "success", run_id=6),
        run("2026-11-23 18:00", "success", run_id=8),
        run("2026-11-23 20:00:01", "running", run_id=9),
        run(None, "running", run_id=10),
    )
    row = given.row("cron_job_summary")
    assert (row["last_started_at"], row["last_status"]) == ("2026-11-23T19:00:00Z", "failed")


@pytest.mark.parametrize(
    ("status", "finished_at", "duration_s"),
    [
        ("success", "2026-11-23 19:00:07", 7),
        ("failed", "2026-11-23 19:00:00", 0),
        ("success", None, None),
        ("running", None, None),
        ("running", "2026-11-23 19:00:07", None),
        (None, "2026-11-23 19:00:07", 7),
    ],
)
def test_a_duration_is_that_of_a_run_which_has_ended(
    given: Given, status: str | None, finished_at: str | None, duration_s: int | None
) -> None:
    given.insert("cron_jobs", job("j"))
    given.insert("cron_job_logs", run("2026-11-23 19:00", status, finished_at=finished_at))
    assert given.row("cron_job_summary")["last_duration_s"] == duration_s
    assert given.row("cron_timeline_24h")["duration_s"] == duration_s


def test_the_counts_of_a_job_keep_to_their_windows(given: Given) -> None:
    given.insert("cron_jobs", job("j"))
    given.insert(
        "cron_job_logs",
        run("2026-11-23 20:00:01", "failed"),  # later than now
        run("2026-11-23 20:00:00", "running"),
        run("2026-11-22 20:00:01", "failed"),
        run("2026-11-22 20:00:00", "failed"),  # 24 hours ago
        run("2026-11-16 20:00:01", "success"),
        run("2026-11-16 20:00:00", "success"),  # 7 × 24 hours ago
        run("2026-11-20", None),
        run(None, "failed"),
    )
    row = given.row("cron_job_summary")
    assert (row["runs_24h"], row["failures_24h"], row["success_rate_7d"]) == (2, 1, 1 / 3)


def test_a_job_that_never_ran_is_overdue_from_its_creation(given: Given) -> None:
    given.insert(
        "cron_jobs", job("a", created_at="2026-11-23 19:45:00"), job("b", created_at="2026-11-23 19:44:59")
    )
    given.insert("cron_jobs", job("c", created_at=None), job("d", enabled=False), job("e", enabled=None))
    columns = (
        "task_key",
        "enabled",
        "last_started_at",
        "success_rate_7d",
        "runs_24h",
        "next_due_at",
        "overdue",
    )
    assert given.rows("cron_job_summary", *columns) == [
        ("a", True, None, None, 0, None, False),
        ("b", True, None, None, 0, None, True),
        ("c", True, None, None, 0, None, False),
        ("d", False, None, None, 0, None, False),
        ("e", None, None, None, 0, None, False),
    ]


def test_a_job_is_overdue_after_more_than_one_and_a_half_intervals(given: Given) -> None:
    given.insert("cron_jobs", job("late"), job("in time"), job("off", enabled=False))
    given.insert("cron_job_logs", run("2026-11-23 19:44:59", job_name="late"))
    given.insert("cron_job_logs", run("2026-11-23 19:45:00", job_name="in time"))
    given.insert("cron_job_logs", run("2026-11-23 10:00:00", job_name="off"))
    assert given.rows("cron_job_summary", "task_key", "next_due_at", "overdue") == [
        ("in time", "2026-11-23T19:55:00Z", False),
        ("late", "2026-11-23T19:54:59Z", True),
        ("off", None, False),
    ]


def test_an_interval_that_leads_beyond_the_calendar_has_no_next_date(given: Given) -> None:
    for key, value in (("a", 1e7), ("b", 1e303), ("c", -1e7), ("d", 1000)):
        given.insert("cron_jobs", job(key, interval_value=value, interval_unit="days"))
        given.insert("cron_job_logs", run("2026-11-23", job_name=key))
    assert given.value("cron_job_summary")["next_due_at"] == [None, None, None, "2029-08-19T00:00:00Z"]


def test_a_fraction_of_a_second_of_the_next_date_is_cut(given: Given) -> None:
    given.insert("cron_jobs", job("j", interval_value=0.33))
    given.insert("cron_job_logs", run("2026-11-23 19:00"))
    assert given.row("cron_job_summary")["next_due_at"] == "2026-11-23T19:00:19Z"


def test_the_timeline_shows_runs_of_24_hours_in_order(given: Given) -> None:
    given.insert("cron_jobs", job("j", name="Jay"), job("k", name=None))
    given.insert(
        "cron_job_logs",
        run("2026-11-23 19:00", "running", "j", run_id=9),
        run("2026-11-23 19:00", "failed", "k", run_id=8, finished_at="2026-11-23 19:02"),
        run("2026-11-23 18:00", "success", "other", run_id=10, finished_at="2026-11-23 18:00:05"),
        run("2026-11-23 17:00", None, None, run_id=11),
        run("2026-11-22 20:00", run_id=12),
        run("2026-11-23 20:00:01", run_id=13),
        run(None, run_id=14),
    )
    assert given.rows("cron_timeline_24h") == [
        (None, None, None, "2026-11-23T17:00:00Z", None, None),
        ("other", "other", "success", "2026-11-23T18:00:00Z", "2026-11-23T18:00:05Z", 5),
        ("k", "k", "failed", "2026-11-23T19:00:00Z", "2026-11-23T19:02:00Z", 120),
        ("j", "Jay", "running", "2026-11-23T19:00:00Z", None, None),
    ]


def test_the_timeline_keeps_the_newest_200_runs(given: Given) -> None:
    given.insert(
        "cron_job_logs",
        *[run("2026-11-23 10:00", job_name=str(key), run_id=key) for key in range(100, 0, -1)],
    )
    given.insert(
        "cron_job_logs", *[run("2026-11-23 11:00", job_name="new", run_id=key) for key in range(101, 251)]
    )
    names = given.value("cron_timeline_24h")["job_name"]
    assert names == [str(key) for key in range(51, 101)] + ["new"] * 150


def test_a_key_that_two_jobs_share_doubles_no_run(given: Given) -> None:
    given.insert("cron_jobs", job("j", name="Second", job_id=2), job("j", name="First", job_id=1))
    given.insert("cron_job_logs", run("2026-11-23 19:00"))
    assert given.value("cron_timeline_24h")["name"] == ["First"]


def test_the_daily_history_has_seven_days(given: Given) -> None:
    given.insert(
        "cron_job_logs",
        run("2026-11-16 23:59:59", "failed"),
        run("2026-11-17 00:00:00", "failed"),
        run("2026-11-20", "success"),
        run("2026-11-20", "failed"),
        run("2026-11-20", "success", "k"),
        run("2026-11-21", "running"),
        run("2026-11-21", None),
        run("2026-11-23 20:00:01", "success"),
        run(None, "success"),
    )
    assert given.rows("cron_daily_history_7d") == [
        ("2026-11-17", 0, 1),
        ("2026-11-18", 0, 0),
        ("2026-11-19", 0, 0),
        ("2026-11-20", 2, 1),
        ("2026-11-21", 0, 0),
        ("2026-11-22", 0, 0),
        ("2026-11-23", 0, 0),
    ]


def test_the_daily_history_knows_the_local_day_when_clocks_go_back(given: Given) -> None:
    # Adelaide goes from UTC+10:30 to UTC+9:30 on 2026-04-05 at 03:00.
    given.at("2026-04-06 12:00:00", "Australia/Adelaide")
    for instant in (
        "2026-04-04 13:29:59",
        "2026-04-04 13:30:00",
        "2026-04-05 14:29:59",
        "2026-04-05 14:30:00",
    ):
        given.insert("cron_job_logs", run(instant))
    assert given.rows("cron_daily_history_7d", "day", "success")[-3:] == [
        ("2026-04-04", 1),
        ("2026-04-05", 2),
        ("2026-04-06", 1),
    ]


def test_the_last_error_is_that_of_the_latest_failed_run_also_where_it_has_none(given: Given) -> None:
    given.insert("cron_jobs", job("j"))
    given.insert(
        "cron_job_logs",
        run("2026-11-23 18:00", "failed", error_message="timed out"),
        run("2026-11-23 19:00", "failed", error_message=None),
    )
    assert given.rows("job_health", "last_failed_at", "last_error") == [("2026-11-23T19:00:00Z", None)]
