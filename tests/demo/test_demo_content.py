"""What the demo shows: a pipeline whose rows agree with each other, with its rhythm and its mishaps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest

Query = Callable[..., list[tuple[Any, ...]]]
Day = Callable[[int], str]

STAGES = (
    "found", "assets_captured", "scored", "rescored", "enriched", "proposals_drafted", "outreach_partial",
    "outreach_sent",
)  # fmt: skip
STAMPS = {
    "sites": ("created_at", "updated_at"),
    "site_status": ("created_at",),
    "outreaches": ("created_at", "updated_at", "sent_at", "delivered_at"),
    "conversations": ("received_at", "read_at"),
    "llm_usage": ("created_at",),
    "http_errors": ("occurred_at",),
    "cron_jobs": ("last_run_at", "created_at", "updated_at"),
    "cron_job_logs": ("started_at", "finished_at"),
    "system_metrics": ("recorded_at",),
}
ALL_STAMPS = [(table, column) for table, columns in STAMPS.items() for column in columns]
MIXED_STAMPS = [(table, column) for table, column in ALL_STAMPS if table != "cron_jobs"]


@pytest.fixture
def day(now: datetime) -> Day:
    return lambda days_ago: (now - timedelta(days=days_ago)).strftime("%Y-%m-%d")


@pytest.mark.parametrize(("table", "column"), ALL_STAMPS)
def test_nothing_is_later_than_now_nor_before_the_window(
    query: Query, table: str, column: str, now: datetime
) -> None:
    # SQLite reads both spellings; what it cannot read is null to it.
    [(first, last)] = query(
        f"select min(datetime({column})), max(datetime({column})) from {table} where {column} is not null"
    )
    assert first >= (now - timedelta(days=90)).strftime("%Y-%m-%d %H:%M:%S")
    assert last <= now.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(("table", "column"), MIXED_STAMPS)
def test_both_spellings_occur_side_by_side(query: Query, table: str, column: str) -> None:
    sql_like, javascript_like = "____-__-__ __:__:__", "____-__-__T__:__:__.___Z"
    [(sql, javascript, rest)] = query(
        f"select sum({column} like ?), sum({column} like ?),"
        f" sum({column} not like ? and {column} not like ?) from {table}",
        sql_like, javascript_like, sql_like, javascript_like,
    )  # fmt: skip
    assert sql > 0.1 * (sql + javascript)
    assert javascript > 0.1 * (sql + javascript)
    assert rest <= 1


def test_a_handful_of_values_is_unreadable(query: Query) -> None:
    unreadable = {
        (table, column): query(
            f"select count(*) from {table} where {column} is not null and datetime({column}) is null"
        )[0][0]
        for table, column in ALL_STAMPS
    }
    for table, column in (("llm_usage", "estimated_cost"), ("http_errors", "status_code")):
        unreadable[table, column] = query(f"select count(*) from {table} where typeof({column}) = 'text'")[0][
            0
        ]
    assert {place: count for place, count in unreadable.items() if count} == {
        ("llm_usage", "created_at"): 1,
        ("llm_usage", "estimated_cost"): 1,
        ("http_errors", "occurred_at"): 1,
        ("http_errors", "status_code"): 1,
        ("outreaches", "delivered_at"): 1,
    }


def test_every_stage_holds_sites_and_fewer_reach_each(query: Query) -> None:
    here: dict[str, int] = dict(query("select status, count(*) from sites group by status"))
    assert set(here) == {*STAGES, "excluded", "failing"}
    furthest = [
        max(STAGES.index(status) for status in entered.split(",") if status in STAGES)
        for (entered,) in query("select group_concat(status) from site_status group by site_id")
    ]
    reached = [sum(best >= stage for best in furthest) for stage in range(len(STAGES))]
    assert reached == sorted(set(reached), reverse=True)
    assert reached[-1] < 0.75 * reached[0]


def test_sites_wait_for_hours_and_not_for_weeks(query: Query, now: datetime) -> None:
    waits = [
        hours
        for (hours,) in query(
            "select (julianday(?) - max(julianday(entry.created_at))) * 24"
            " from sites join site_status as entry on entry.site_id = sites.id"
            " where sites.status not in ('outreach_sent', 'excluded', 'failing') group by sites.id",
            now.strftime("%Y-%m-%d %H:%M:%S"),
        )
    ]
    assert len(waits) > 100
    assert median(waits) < 48
    assert max(waits) < 16 * 24


def test_nearly_every_answer_has_been_answered(query: Query) -> None:
    [(waiting, answered)] = query(
        "select sum(direction = 'inbound' and sentiment is not 'negative'), count(*) from"
        " (select direction, sentiment, max(datetime(received_at)) from conversations group by outreach_id)"
    )
    assert 0 < waiting < 0.04 * answered


def test_a_few_words_are_none_that_the_schema_knows(query: Query) -> None:
    assert query(
        "select sentiment, count(*) from conversations where sentiment not in"
        " ('positive', 'neutral', 'objection', 'negative') group by sentiment"
    ) == [("out_of_office", 2), ("spam", 1)]


def test_a_sites_row_agrees_with_its_history(query: Query) -> None:
    history: dict[int, list[tuple[str, str]]] = {}
    for site, status, at in query(
        "select site_id, status, datetime(created_at) from site_status order by id"
    ):
        history.setdefault(site, []).append((status, at))
    rows = query("select id, status, datetime(created_at), datetime(updated_at) from sites")
    assert len(rows) == len(history)
    for site, status, created_at, updated_at in rows:
        assert history[site][0] == ("found", created_at)
        assert history[site][-1] == (status, updated_at)


def test_a_site_enters_the_stages_in_order_and_skips_at_most_the_partial_one(query: Query) -> None:
    history: dict[int, list[str]] = {}
    for site, status in query("select site_id, status from site_status order by id"):
        history.setdefault(site, []).append(status)
    for entered in history.values():
        on_the_way = [STAGES.index(status) for status in entered if status in STAGES]
        expected = list(range(on_the_way[-1] + 1))
        assert on_the_way in (expected, [stage for stage in expected if stage != 6])
        assert "excluded" not in entered[:-1]


def test_a_site_carries_what_its_stages_have_given_it(query: Query) -> None:
    assert query(
        "select count(*) from sites where (status = 'failing') <> (error_message is not null)"
        " or (status = 'found' and (html_dom is not null or score is not null))"
        " or (status not in ('found', 'excluded', 'failing') and html_dom is null)"
        " or (status not in ('found', 'assets_captured', 'excluded', 'failing') and score is null)"
        " or (score is null) <> (grade is null)"
    ) == [(0,)]


def test_an_outreachs_status_agrees_with_its_stamps(query: Query) -> None:
    assert query(
        "select count(*) from outreaches"
        " where (status in ('sent', 'delivered', 'bounced')) <> (sent_at is not null)"
        " or (status = 'delivered') <> (delivered_at is not null)"
        " or (status in ('failed', 'bounced')) <> (error_message is not null)"
        " or datetime(sent_at) < datetime(created_at) or datetime(delivered_at) < datetime(sent_at)"
        " or datetime(updated_at) < coalesce(datetime(delivered_at), datetime(sent_at), datetime(created_at))"
    ) == [(0,)]
    assert {s for (s,) in query("select distinct status from outreaches")} == {
        "pending", "approved", "sent", "delivered", "bounced", "failed",
    }  # fmt: skip


def test_a_sites_outreaches_agree_with_its_stage(query: Query) -> None:
    by_status = query(
        "select s.status, min(o.sent), max(o.sent), min(o.open), max(o.open) from sites s join"
        " (select site_id, sum(sent_at is not null) as sent, sum(status in ('pending', 'approved')) as open"
        " from outreaches group by site_id) o on o.site_id = s.id group by s.status"
    )
    found = {status: numbers for status, *numbers in by_status}
    assert set(found) <= {*STAGES[5:], "excluded", "failing"}
    assert found["proposals_drafted"][:2] == [0, 0]  # nothing is sent
    least_sent, _, least_open, _ = found["outreach_partial"]
    assert least_sent >= 1
    assert least_open >= 1
    least_sent, _, _, most_open = found["outreach_sent"]
    assert least_sent >= 1
    assert most_open == 0


def test_answers_follow_what_was_sent_on_the_same_channel(query: Query) -> None:
    assert query(
        "select count(*) from conversations c join outreaches o on o.id = c.outreach_id"
        " where c.channel <> o.contact_method or o.sent_at is null or o.status = 'bounced'"
        " or datetime(c.received_at) < datetime(o.sent_at) or datetime(c.read_at) < datetime(c.received_at)"
        " or (c.direction = 'outbound' and c.sentiment is not null)"
    ) == [(0,)]
    [(unread, inbound)] = query(
        "select sum(read_at is null), count(*) from conversations where direction = 'inbound'"
    )
    assert 0 < unread < 0.1 * inbound


def test_references_lead_somewhere(query: Query) -> None:
    assert query("pragma foreign_key_check") == []
    [(early,)] = query(
        "select count(*) from http_errors h join sites s on s.id = h.site_id"
        " where datetime(h.occurred_at) < datetime(s.created_at)"
    )
    assert early <= 60  # only before the very first sites have been found


@pytest.mark.parametrize(
    "table", ["site_status", "conversations", "http_errors", "cron_job_logs", "system_metrics"]
)
def test_ids_follow_time(query: Query, table: str) -> None:
    column = STAMPS[table][0]
    stamps = [at for (at,) in query(f"select datetime({column}) from {table} order by id") if at is not None]
    assert stamps == sorted(stamps)


def test_office_hours_and_weekends_show_in_what_is_sent(query: Query, day: Day) -> None:
    by_weekday: dict[str, int] = dict(
        query(
            "select strftime('%w', sent_at), count(*) from outreaches"
            " where datetime(sent_at) >= ? and datetime(sent_at) < ? group by 1",
            day(28), day(0),
        )
    )  # fmt: skip
    weekend = by_weekday.get("0", 0) + by_weekday.get("6", 0)
    assert weekend < 0.1 * sum(by_weekday.values())
    [(night, total)] = query(
        "select sum(strftime('%H', sent_at) < '06'), count(*) from outreaches where sent_at <> ''"
    )
    assert night < 0.02 * total


def test_sites_move_in_nearly_every_one_of_the_last_48_hours(query: Query, now: datetime) -> None:
    [(hours,)] = query(
        "select count(distinct strftime('%Y-%m-%d %H', created_at)) from site_status"
        " where datetime(created_at) > ?",
        (now - timedelta(hours=47)).strftime("%Y-%m-%d %H"),
    )
    assert hours >= 46


def test_the_change_of_model_shows_as_a_step_in_the_costs(query: Query, day: Day) -> None:
    def cost_usd(first: int, last: int) -> float:
        return float(
            query(
                "select sum(estimated_cost) from llm_usage"
                " where datetime(created_at) >= ? and datetime(created_at) < ?",
                day(first), day(last),
            )[0][0]
        )  # fmt: skip

    assert cost_usd(20, 13) > 1.8 * cost_usd(28, 21)
    assert cost_usd(28, 21) < 1.3 * cost_usd(35, 28)


def test_the_outage_shows_in_errors_throughput_and_jobs(query: Query, day: Day) -> None:
    def on(days_ago: int, table: str, column: str, condition: str) -> int:
        sql = f"select count(*) from {table} where substr({column}, 1, 10) = ? and ({condition})"
        return int(query(sql, day(days_ago))[0][0])

    # Nine days before is a Monday; the Mondays around it are the measure.
    unanswered = "status_code is null or status_code >= 500"
    assert on(9, "http_errors", "occurred_at", unanswered) > 4 * on(
        16, "http_errors", "occurred_at", unanswered
    )
    assert on(9, "site_status", "created_at", "status = 'failing'") > 2 * on(
        16, "site_status", "created_at", "status = 'failing'"
    )
    assert on(9, "outreaches", "sent_at", "true") < 0.75 * on(16, "outreaches", "sent_at", "true")
    assert on(9, "cron_job_logs", "started_at", "status = 'failed'") > 30
    assert on(16, "cron_job_logs", "started_at", "status = 'failed'") < 20


def test_messages_of_errors_differ_only_in_urls_ids_and_numbers(query: Query) -> None:
    [(messages,)] = query(
        "select count(distinct error_message) from outreaches where error_message is not null"
    )
    [(shapes,)] = query(
        "select count(distinct substr(error_message, 1, 6)) from outreaches where error_message is not null"
    )
    assert messages > 8 * shapes
    assert query("select count(*) from outreaches where error_message like '%https://%'")[0][0] > 0


def test_one_job_each_fails_is_overdue_is_disabled_is_running_and_had_runs_killed(
    query: Query, now: datetime
) -> None:
    jobs = query(
        "select task_key, enabled, interval_value * case interval_unit when 'minutes' then 60"
        " when 'hours' then 3600 else 86400 end,"
        " strftime('%s', ?) - strftime('%s', last_run_at) from cron_jobs",
        now.strftime("%Y-%m-%d %H:%M:%S"),
    )
    assert 10 <= len(jobs) <= 12
    assert [key for key, enabled, _, _ in jobs if not enabled] == ["directoryImport"]
    assert [key for key, enabled, interval, since in jobs if enabled and since > 1.5 * interval] == [
        "keywordResearch"
    ]
    running = query("select job_name, finished_at from cron_job_logs where status = 'running'")
    assert sorted(running) == [("contactEnrichment", None)] * 2 + [("siteRescoring", None)]
    latest = query(
        "select job_name from cron_job_logs where status = 'running' and id in"
        " (select max(id) from cron_job_logs group by job_name)"
    )
    assert latest == [("siteRescoring",)]
    latest_finished = query(
        "select job_name, status from cron_job_logs where id in"
        " (select max(id) from cron_job_logs where finished_at is not null group by job_name)"
    )
    assert len(latest_finished) == len(jobs)
    assert [job for job, status in latest_finished if status == "failed"] == ["linkedinSync"]
    assert "precomputeDashboard" not in {key for key, *_ in jobs}


def test_a_jobs_last_run_is_its_latest_log_and_runs_end_after_they_start(query: Query) -> None:
    assert query(
        "select count(*) from cron_jobs j where datetime(last_run_at) <>"
        " (select max(datetime(started_at)) from cron_job_logs where job_name = j.task_key)"
    ) == [(0,)]
    assert query(
        "select count(*) from cron_job_logs where datetime(finished_at) <= datetime(started_at)"
        " or (status = 'failed') <> (error_message is not null)"
        " or (status <> 'running') <> (json_extract(summary, '$.processed') is items_processed)"
    ) == [(0,)]


def test_the_disk_fills_and_percentages_stay_percentages(query: Query) -> None:
    [(low, high)] = query(
        "select min(min(cpu_percent, memory_percent, disk_percent)),"
        " max(max(cpu_percent, memory_percent, disk_percent))"
        " from system_metrics"
    )
    assert low >= 0
    assert high <= 100
    weeks = [
        disk
        for (disk,) in query(
            "select avg(disk_percent) from system_metrics group by (id - 1) / 10080 order by min(id)"
        )
    ]
    assert weeks == sorted(weeks)
    assert weeks[-1] > weeks[0] + 15
