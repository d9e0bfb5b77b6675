"""Answers how one job fared: what it is, and its latest runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.model import questions as q
from engine.replica.questions.error import error_kinds
from engine.replica.questions.literals import text_literal
from engine.replica.questions.reading import Asked
from engine.replica.questions.replica_tables import ReplicaTables

_INTERVAL_MINUTES = (
    "finite_or_null(interval_value"
    " * case interval_unit when 'minutes' then 1 when 'hours' then 60 when 'days' then 1440 end)"
)
_DURATION_S = "date_diff('second', started_at, finished_at)"


def job_answer(question: q.JobQuestion, asked: Asked) -> q.JobAnswer:
    """Return a job and its runs, newest first; nothing but the key if there is no such job."""
    key, limit = text_literal(question.task_key), min(max(0, question.limit), q.MOST_ROWS)
    with asked.cursor() as cursor:
        tables = ReplicaTables(cursor)
        name, enabled, critical, interval_minutes = _registered(tables, key)
        as_of = tables.as_of("cron_job_logs")
        total, success, failed, p50_s, p95_s = _totals(tables, key, as_of)
        runs = _latest_runs(tables, key, limit)
    return q.JobAnswer(
        question.task_key,
        name,
        enabled,
        critical,
        interval_minutes,
        runs,
        total,
        success,
        failed,
        p50_s,
        p95_s,
        as_of,
    )


def _registered(tables: ReplicaTables, key: str) -> tuple[Any, ...]:
    """Return a job's name, whether it is enabled and critical, and its interval in minutes; else Nones."""
    if not tables.has("cron_jobs"):
        return (None,) * 4
    found = tables.rows(
        f"with cron_jobs as ({tables.whole('cron_jobs')})"
        f" select name, enabled, critical, {_INTERVAL_MINUTES} from cron_jobs"
        f" where task_key = {key} order by job_id limit 1"
    )
    return found[0] if found else (None,) * 4


def _own_runs(tables: ReplicaTables, key: str) -> str:
    return f"with runs as (select * from ({tables.whole('cron_job_logs')}) where job_name = {key})"


def _totals(tables: ReplicaTables, key: str, as_of: datetime | None) -> tuple[Any, ...]:
    """Return how many runs a job had, how many went well and failed, and its durations in s.

    These are the median and the 95th percentile of a week's successes; None without any.
    """
    if not tables.has("cron_job_logs"):
        return 0, 0, 0, None, None
    since = "timestamp '1970-01-01'" if as_of is None else f"timestamp '{as_of:%Y-%m-%d %H:%M:%S}'"
    ((total, success, failed, durations),) = tables.rows(
        f"{_own_runs(tables, key)} select count(*), count(*) filter (where status = 'success'),"
        " count(*) filter (where status = 'failed'),"
        f" quantile_disc({_DURATION_S}, [0.5, 0.95]) filter (where status = 'success'"
        f" and finished_at >= started_at and started_at > {since} - interval 168 hours) from runs"
    )
    return total, success, failed, *(durations or (None, None))


def _latest_runs(tables: ReplicaTables, key: str, limit: int) -> tuple[q.JobRun, ...]:
    if not tables.has("cron_job_logs"):
        return ()
    found = tables.rows(
        f"{_own_runs(tables, key)} select source_rowid, status, started_at, finished_at, {_DURATION_S},"
        " items_processed, items_failed, error_message from runs"
        f" order by started_at desc nulls last, run_id desc nulls last limit {limit}"
    )
    kinds = error_kinds(tables, "cron_job_logs", (rowid for rowid, *_ in found))
    return tuple(
        q.JobRun(None if rowid is None else str(rowid), *cells, kinds.get(rowid))  # type: ignore[call-arg]
        for rowid, *cells in found
    )
