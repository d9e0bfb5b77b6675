"""Datasets of the errors page."""

from __future__ import annotations

import pytest

from tests.datasets.given import Given

UUID = "3f2504e0-4f89-11d3-9a0c-0305E82C3301"


def test_errors_of_sites_outreaches_and_runs_are_grouped_with_their_last_stamp(given: Given) -> None:
    given.insert("sites", {"stage": "failing", "error_message": "timeout", "updated_at": "2026-11-20 10:00"})
    given.insert("sites", {"stage": "failing", "error_message": "timeout", "updated_at": "2026-11-21 10:00"})
    given.insert("sites", {"stage": "found", "error_message": "timeout", "updated_at": "2020-01-01"})
    given.insert(
        "outreaches", {"channel": "sms", "error_message": "blocked", "updated_at": "2026-11-22 10:00"}
    )
    given.insert(
        "cron_job_logs",
        {"job_name": " Sync", "status": "failed", "error_message": "crash", "started_at": "2026-11-01"},
    )
    assert given.rows("error_breakdown") == [
        ("site", "failing", "timeout", 2, "2026-11-21T10:00:00Z"),
        ("outreach", "sms", "blocked", 1, "2026-11-22T10:00:00Z"),
        ("cron", " Sync", "crash", 1, "2026-11-01T00:00:00Z"),
        ("site", "found", "timeout", 1, "2020-01-01T00:00:00Z"),
    ]


def test_last_seen_leaves_out_stamps_later_than_now(given: Given) -> None:
    given.insert("sites", {"stage": "a", "error_message": "e", "updated_at": "2026-11-23 20:00:01"})
    given.insert("sites", {"stage": "b", "error_message": "e", "updated_at": "2026-11-23 20:00:01"})
    given.insert("sites", {"stage": "b", "error_message": "e", "updated_at": "2026-11-23 20:00:00"})
    given.insert("sites", {"stage": "c", "error_message": "e", "updated_at": None})
    assert given.rows("error_breakdown", "stage", "errors", "last_seen") == [
        ("b", 2, "2026-11-23T20:00:00Z"),
        ("a", 1, None),
        ("c", 1, None),
    ]


def test_only_failed_runs_of_the_last_thirty_days_count(given: Given) -> None:
    for instant, status in (
        ("2026-10-24 23:59:59", "failed"),
        ("2026-10-25 00:00:00", "failed"),
        ("2026-11-23 20:00:00", "failed"),
        ("2026-11-23 20:00:01", "failed"),
        ("2026-11-23 19:00", "success"),
        ("2026-11-23 19:00", "running"),
        ("2026-11-23 19:00", None),
        (None, "failed"),
    ):
        given.insert(
            "cron_job_logs", {"job_name": "j", "status": status, "error_message": "e", "started_at": instant}
        )
    assert given.rows("error_breakdown") == [("cron", "j", "e", 2, "2026-11-23T20:00:00Z")]


def test_a_failed_run_without_a_message_counts_and_a_site_without_one_does_not(given: Given) -> None:
    for message in (None, "", " \t\n\u00a0\u2003"):
        given.insert("sites", {"stage": "failing", "error_message": message})
        given.insert("outreaches", {"channel": "x", "error_message": message})
        given.insert(
            "cron_job_logs",
            {"job_name": "j", "status": "failed", "error_message": message, "started_at": "2026-11-23"},
        )
    assert given.rows("error_breakdown", "source", "message", "errors") == [("cron", "(no message)", 3)]


@pytest.mark.parametrize(
    ("message", "normalised"),
    [
        ("\n\u00a0 two  blanks \u3000", "two  blanks"),
        ("GET https://a.example/x?y=1&id=7, then http://b:80", "GET <url> then <url>"),
        ("https://a.example/deadbeefdeadbeef\nhttps://", "<url>\nhttps://"),
        ("ftp://a/1 HTTP://A/2", "ftp://a/<n> HTTP://A/<n>"),
        (f"site {UUID} and {UUID.lower()}/{UUID.upper()}", "site <id> and <id>/<id>"),
        (f"x{UUID}", "x<n>f<n>e<n>-<n>f<n>-<n>d<n>-<n>a<n>c-<n>E<n>C<n>"),
        (f"{UUID}0", "<n>f<n>e<n>-<n>f<n>-<n>d<n>-<n>a<n>c-<n>E<n>C<n>"),
        (f"\u00e9{UUID}", "\u00e9<id>"),
        ("hash 0123456789abcDEF, 0123456789ABCDE", "hash <id>, <n>ABCDE"),
        ("x0123456789abcdef 0123456789abcdefg", "x<n>abcdef <n>abcdefg"),
        ("0123456789012345 12345", "<id> <n>"),
        ("id_0123456789abcdef-0123456789abcdef", "id_<n>abcdef-<id>"),
        ("retry 3 of 10: 4.5s, 1e9", "retry <n> of <n>: <n>.<n>s, <n>e<n>"),
        ("wörter ٣ zählen", "wörter ٣ zählen"),
        ("no\x00body 1", "no\x00body <n>"),
    ],
)
def test_what_differs_between_like_messages_is_replaced(given: Given, message: str, normalised: str) -> None:
    given.insert("sites", {"stage": "failing", "error_message": message})
    assert given.value("error_breakdown")["message"] == [normalised]


def test_messages_that_become_alike_are_one_group(given: Given) -> None:
    given.insert("sites", {"stage": "s", "error_message": "port 80", "updated_at": "2026-11-01"})
    given.insert("sites", {"stage": "s", "error_message": "port 80", "updated_at": "2026-11-03"})
    given.insert("sites", {"stage": "s", "error_message": " port 443", "updated_at": "2026-11-02"})
    given.insert("sites", {"stage": "s", "error_message": "z" * 200 + "x"})
    given.insert("sites", {"stage": "s", "error_message": "z" * 200 + "y"})
    assert given.rows("error_breakdown") == [
        ("site", "s", "port <n>", 3, "2026-11-03T00:00:00Z"),
        ("site", "s", "z" * 200, 2, None),
    ]


def test_the_message_is_cut_to_200_characters_after_the_replacements(given: Given) -> None:
    family = "👨\u200d👩\u200d👧"  # five code points that show as one
    given.insert("sites", {"stage": "s", "error_message": "1" * 15 + family * 60})
    assert given.value("error_breakdown")["message"] == [("<n>" + family * 60)[:200]]


def test_equal_counts_come_by_last_seen_then_source_stage_and_message(given: Given) -> None:
    for stage, message, updated_at in (
        (None, "m", "2026-11-01"),
        ("b", "m", "2026-11-01"),
        ("b", "M", "2026-11-01"),
        ("a", "n", None),
        ("c", "m", "2026-11-02"),
    ):
        given.insert("sites", {"stage": stage, "error_message": message, "updated_at": updated_at})
    given.insert("outreaches", {"channel": "x", "error_message": "m", "updated_at": "2026-11-01"})
    assert given.rows("error_breakdown", "source", "stage", "message") == [
        ("site", "c", "m"),
        ("outreach", "x", "m"),
        ("site", "b", "M"),
        ("site", "b", "m"),
        ("site", None, "m"),
        ("site", "a", "n"),
    ]


def test_only_the_twenty_largest_groups_are_kept(given: Given) -> None:
    for count in range(1, 26):
        given.insert("sites", *[{"stage": "s", "error_message": chr(96 + count)}] * count)
    assert given.value("error_breakdown")["errors"] == list(range(25, 5, -1))


def run(
    job_name: str, status: str | None, started_at: str | None, run_id: int | None = None
) -> dict[str, object]:
    """A run of a job."""
    row: dict[str, object] = {"job_name": job_name, "status": status, "started_at": started_at}
    return row if run_id is None else row | {"run_id": run_id}


def test_nothing_is_in_error_where_there_is_nothing(given: Given) -> None:
    assert set(given.row("active_errors_count").values()) == {0}


def test_active_errors_are_the_sum_of_three(given: Given) -> None:
    given.insert("sites", *[{"stage": stage} for stage in ("failing", "failing", "found", None)])
    given.insert("outreaches", *[{"status": status} for status in ("failed", "bounced", None)])
    given.insert("cron_jobs", {"task_key": "j", "enabled": True})
    given.insert("cron_job_logs", run("j", "failed", "2026-11-23 10:00"))
    assert given.row("active_errors_count") == {
        "active_errors": 4,
        "failing_sites": 2,
        "failed_outreaches": 1,
        "failed_jobs": 1,
    }


def test_a_failed_job_is_enabled_and_its_latest_finished_run_failed(given: Given) -> None:
    given.insert("cron_jobs", *[{"task_key": key, "enabled": True} for key in "abcdef"])
    given.insert("cron_jobs", {"task_key": "off", "enabled": False}, {"task_key": "unknown", "enabled": None})
    for key in ("off", "unknown", "of no job"):
        given.insert("cron_job_logs", run(key, "failed", "2026-11-23 10:00"))
    # a: recovered; b: failed, and runs again; c: failed once more, but later than now
    given.insert(
        "cron_job_logs", run("a", "failed", "2026-11-23 10:00"), run("a", "success", "2026-11-23 11:00")
    )
    given.insert(
        "cron_job_logs", run("b", "failed", "2026-11-23 10:00"), run("b", "running", "2026-11-23 11:00")
    )
    given.insert(
        "cron_job_logs", run("c", "success", "2026-11-23 10:00"), run("c", "failed", "2026-11-23 20:01")
    )
    # d and e: two runs in one second, of which the higher id is the later; f: no readable start
    given.insert("cron_job_logs", run("d", "failed", "2026-11-23 10:00", 101))
    given.insert("cron_job_logs", run("d", "success", "2026-11-23 10:00", 100))
    given.insert("cron_job_logs", run("e", "success", "2026-11-23 10:00", 103))
    given.insert("cron_job_logs", run("e", "failed", "2026-11-23 10:00", 102))
    given.insert("cron_job_logs", run("f", "failed", None, 104))
    assert given.row("active_errors_count")["failed_jobs"] == 2


def test_http_errors_by_day_and_code(given: Given) -> None:
    for instant, status_code in (
        ("2026-10-24 23:59:59", 404),
        ("2026-10-25 00:00:00", 404),
        ("2026-11-23 10:00", 500),
        ("2026-11-23 10:00", 500),
        ("2026-11-23 10:00", 99),
        ("2026-11-23 20:00:00", None),
        ("2026-11-23 20:00:01", 404),
        (None, 404),
    ):
        given.insert("http_errors", {"status_code": status_code, "occurred_at": instant})
    assert given.rows("http_errors_30d") == [
        ("2026-10-25", "404", 1),
        ("2026-11-23", "500", 2),
        ("2026-11-23", "99", 1),
        ("2026-11-23", "none", 1),
    ]


def test_http_errors_know_the_local_day(given: Given) -> None:
    given.at("2026-11-23 20:00:00", "America/New_York")
    given.insert("http_errors", {"status_code": 404, "occurred_at": "2026-11-23 04:59:59"})
    given.insert("http_errors", {"status_code": 404, "occurred_at": "2026-11-23 05:00:00"})
    assert given.value("http_errors_30d")["day"] == ["2026-11-22", "2026-11-23"]
