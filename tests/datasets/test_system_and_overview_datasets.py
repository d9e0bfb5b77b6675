"""Datasets of the system page and of the overview."""

from __future__ import annotations

from tests.datasets.given import Given


def test_health_shows_the_file_and_the_sums_of_its_tables(given: Given) -> None:
    file = {
        "size_bytes": 4096000, "wal_bytes": 32, "page_size": 4096, "pages": 1000, "free_pages": 3,
        "journal_mode": "wal", "integrity": "ok",
    }  # fmt: skip
    given.insert("source_file", file)
    given.insert(
        "source_tables",
        {"name": "sites", "rows": 3000000000, "last_write_at": "2026-11-22"},
        {"name": "outreaches", "rows": 5, "last_write_at": "2026-11-23 19:00"},
        {"name": "http_errors", "rows": 0, "last_write_at": None},
    )
    row = given.row("database_health")
    assert {name: row[name] for name in file} == file
    assert (row["tables"], row["rows"], row["last_write_at"]) == (3, 3000000005, "2026-11-23T19:00:00Z")


def test_health_of_an_empty_source_that_was_never_checked(given: Given) -> None:
    given.insert("source_file", {"size_bytes": 0, "integrity": None})
    row = given.row("database_health")
    assert (row["tables"], row["rows"], row["last_write_at"], row["integrity"]) == (0, 0, None, None)


def sample(
    recorded_at: str | None, cpu: float | None, memory: float | None = None, disk: float | None = None
) -> dict[str, object]:
    """A sample of the machine's load."""
    return {"recorded_at": recorded_at, "cpu_percent": cpu, "memory_percent": memory, "disk_percent": disk}


def test_load_is_averaged_over_five_minutes(given: Given) -> None:
    given.insert(
        "system_metrics",
        sample("2026-11-23 19:55:00", 10, 50, 70),
        sample("2026-11-23 19:59:59", 20, None, 71),
        sample("2026-11-23 20:00:00", 30),
        sample("2026-11-23 20:00:01", 99),
        sample(None, 99),
    )
    assert given.rows("system_metrics_24h") == [
        ("2026-11-23T19:55:00Z", 15.0, 50.0, 70.5, 20.0),
        ("2026-11-23T20:00:00Z", 30.0, None, None, 30.0),
    ]


def test_the_first_bucket_may_begin_before_the_24_hours(given: Given) -> None:
    given.at("2026-11-23 20:02:00")
    given.insert("system_metrics", sample("2026-11-22 20:02:00", 99), sample("2026-11-22 20:02:01", 7))
    assert given.rows("system_metrics_24h", "at", "cpu_percent") == [("2026-11-22T20:00:00Z", 7.0)]


def test_means_do_not_lose_what_doubles_lose(given: Given) -> None:
    given.insert("system_metrics", *[sample("2026-11-23 19:55", 0.1)] * 10)
    assert given.value("system_metrics_24h")["cpu_percent"] == [0.1]


def test_hourly_throughput_has_48_hours(given: Given) -> None:
    rows = given.rows("hourly_throughput_48h")
    assert [row[1:] for row in rows] == [(0, 0, 0)] * 48
    assert (rows[0][0], rows[-1][0]) == ("2026-11-21T21:00:00Z", "2026-11-23T20:00:00Z")


def test_hourly_throughput_counts_each_site_once_an_hour(given: Given) -> None:
    given.at("2026-11-23 20:30:00")
    for site_id, entered_at in (
        (1, "2026-11-23 18:00"),
        (1, "2026-11-23 18:59:59"),
        (1, "2026-11-23 19:00"),
        (2, "2026-11-23 18:30"),
        (None, "2026-11-23 18:30"),
        (3, "2026-11-21 20:59:59"),
        (3, "2026-11-23 20:30:01"),
    ):
        given.insert("site_status", {"site_id": site_id, "status": "found", "entered_at": entered_at})
    given.insert("outreaches", {"sent_at": "2026-11-23 18:10"}, {"sent_at": "2026-11-23 20:30:00"})
    given.insert("outreaches", {"sent_at": None, "status": "sent"}, {"sent_at": "2026-11-23 20:30:01"})
    given.insert("conversations", {"direction": "inbound", "received_at": "2026-11-21 21:00"})
    given.insert("conversations", {"direction": "outbound", "received_at": "2026-11-23 18:00"})
    rows = given.rows("hourly_throughput_48h")
    assert len(rows) == 48
    assert [row for row in rows if any(row[1:])] == [
        ("2026-11-21T21:00:00Z", 0, 0, 1),
        ("2026-11-23T18:00:00Z", 2, 1, 0),
        ("2026-11-23T19:00:00Z", 1, 0, 0),
        ("2026-11-23T20:00:00Z", 0, 1, 0),
    ]


def test_hours_that_a_change_of_the_clock_repeats_are_all_there(given: Given) -> None:
    given.at("2026-11-01 12:00:00", "America/New_York")
    given.insert("outreaches", {"sent_at": "2026-11-01 05:30"}, {"sent_at": "2026-11-01 06:30"})
    rows = given.rows("hourly_throughput_48h", "hour", "outreaches_sent")
    assert len(set(rows)) == 48
    assert [row for row in rows if row[1]] == [("2026-11-01T05:00:00Z", 1), ("2026-11-01T06:00:00Z", 1)]


def test_hours_of_a_half_hour_zone_are_filled_on_the_half_hour(given: Given) -> None:
    # Adelaide goes from UTC+9:30 to UTC+10:30 on 2026-10-04 at 02:00.
    given.at("2026-10-04 12:00:00", "Australia/Adelaide")
    given.insert("outreaches", {"sent_at": "2026-10-03 16:29:59"}, {"sent_at": "2026-10-03 16:30:00"})
    rows = given.rows("hourly_throughput_48h", "hour", "outreaches_sent")
    assert {hour[14:] for hour, _ in rows} == {"30:00Z"}
    assert [row for row in rows if row[1]] == [("2026-10-03T15:30:00Z", 1), ("2026-10-03T16:30:00Z", 1)]


def test_unit_economics_bring_cost_outreaches_and_replies_together(given: Given) -> None:
    outside, inside, now = "2026-10-24 23:59:59", "2026-10-25 00:00:00", "2026-11-23 20:00:00"
    for instant in (outside, inside, now, "2026-11-23 20:00:01", None):
        given.insert("llm_usage", {"cost_usd": 0.1, "called_at": instant})
    given.insert(
        "llm_usage", {"cost_usd": 0.2, "called_at": now}, {"cost_usd": None, "called_at": "2026-11-01"}
    )
    given.insert("outreaches", {"sent_at": inside, "status": "failed"}, {"sent_at": "2026-11-20"})
    given.insert("conversations", {"direction": "inbound", "sentiment": "positive", "received_at": now})
    given.insert("conversations", {"direction": "inbound", "sentiment": None, "received_at": now})
    given.insert(
        "conversations", {"direction": "inbound", "sentiment": "negative", "received_at": "2026-11-19"}
    )
    given.insert("conversations", {"direction": "outbound", "sentiment": "positive", "received_at": now})
    rows = given.rows("unit_economics_30d")
    assert len(rows) == 30
    assert [row for row in rows if any(row[1:])] == [
        ("2026-10-25", 0.1, 1, 0, 0),
        ("2026-11-19", 0.0, 0, 1, 0),
        ("2026-11-20", 0.0, 1, 0, 0),
        ("2026-11-23", 0.3, 0, 2, 1),
    ]
    assert ("2026-11-01", 0.0, 0, 0, 0) in rows


def test_today_is_compared_with_the_same_part_of_earlier_days(given: Given) -> None:
    def requests(day: str, *times: str) -> None:
        given.insert("http_errors", *({"occurred_at": f"{day} {time}"} for time in times))

    given.insert("http_errors", *[{"occurred_at": "2026-10-01"}] * 5)
    requests("2026-11-23", "00:00:00", "19:59:59", "20:00:00", "20:00:01")
    for day in range(1, 23):
        # Of the day before only what came by the same time counts.
        requests(f"2026-11-{day:02}", "00:00:00", "20:00:00", "20:00:01", "23:59:59")
    given.insert("llm_usage", {"called_at": "2026-11-23 12:00", "cost_usd": 0.5})
    given.insert("llm_usage", {"called_at": "2026-11-22 12:00", "cost_usd": 9})
    given.insert("cron_job_logs", {"status": "failed", "started_at": "2026-11-23 01:00"})
    given.insert("cron_job_logs", {"status": "success", "started_at": "2026-11-23 01:00"})
    assert given.rows("usual_today") == [
        ("failed_requests", "2026-11-23", 3.0, 2.0, 28),
        ("failed_runs", "2026-11-23", 1.0, 0.0, 28),
        ("llm_cost_usd", "2026-11-23", 0.5, 0.0, 28),
    ]


def test_days_before_the_history_are_not_usual_days(given: Given) -> None:
    # A stray old row is no history: the fifth begins it.
    stamps = ["2020-01-01", *["2026-11-20 00:00:01"] * 4]
    given.insert("http_errors", *({"occurred_at": stamp} for stamp in stamps))
    assert given.rows("usual_today", "usual_q75", "days")[0] == (0.0, 2)
    given.insert("http_errors", {"occurred_at": "2026-11-20"})
    given.insert("http_errors", {"occurred_at": "2026-11-20"})
    assert given.rows("usual_today", "usual_q75", "days")[0] == (0.0, 2)
    given.insert("http_errors", *[{"occurred_at": "2026-11-20"}] * 2)
    assert given.rows("usual_today", "usual_q75", "days")[0] == (8.0, 3)


def test_without_a_history_nothing_is_usual(given: Given) -> None:
    given.insert("http_errors", {"occurred_at": "2026-11-23 19:00"})
    assert given.rows("usual_today", "so_far", "usual_q75", "days") == [
        (1.0, None, 0),
        (0.0, None, 0),
        (0.0, None, 0),
    ]
