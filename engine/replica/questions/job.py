"""Answers how one job fared: what it is, and its latest runs."""

from __future__ import annotations

from engine.model import questions as q
from engine.replica.questions.error import error_kinds
from engine.replica.questions.literals import text_literal
from engine.replica.questions.reading import Asked
from engine.replica.questions.replica_tables import ReplicaTables

_INTERVAL = (
    "finite_or_null(interval_value"
    " * case interval_unit when 'minutes' then 1 when 'hours' then 60 when 'days' then 1440 end)"
)
_DURATION = "date_diff('second', started_at, finished_at)"


def job_answer(question: q.JobQuestion, asked: Asked) -> q.JobAnswer:
    """Return a job and its runs, newest first; nothing but the key if there is no such job."""
    key, limit = text_literal(question.task_key), min(max(0, question.limit), q.MOST_ROWS)
    name = enabled = critical = interval = None
    runs: list[q.JobRun] = []
    total = success = failed = 0
    p50 = p95 = None
    with asked.cursor() as cursor:
        tables = ReplicaTables(cursor)
        if tables.has("cron_jobs"):
            found = tables.rows(
                f"with cron_jobs as ({tables.whole('cron_jobs')})"
                f" select name, enabled, critical, {_INTERVAL} from cron_jobs"
                f" where task_key = {key} order by job_id limit 1"
            )
            if found:
                name, enabled, critical, interval = found[0]
        as_of = tables.as_of("cron_job_logs")
        if tables.has("cron_job_logs"):
            own = f"with runs as (select * from ({tables.whole('cron_job_logs')}) where job_name = {key})"
            since = "timestamp '1970-01-01'" if as_of is None else f"timestamp '{as_of:%Y-%m-%d %H:%M:%S}'"
            ((total, success, failed, durations),) = tables.rows(
                f"{own} select count(*), count(*) filter (where status = 'success'),"
                " count(*) filter (where status = 'failed'),"
                f" quantile_disc({_DURATION}, [0.5, 0.95]) filter (where status = 'success'"
                f" and finished_at >= started_at and started_at > {since} - interval 168 hours) from runs"
            )
            p50, p95 = durations or (None, None)
            found = tables.rows(
                f"{own} select source_rowid, status, started_at, finished_at, {_DURATION},"
                " items_processed, items_failed, error_message from runs"
                f" order by started_at desc nulls last, run_id desc nulls last limit {limit}"
            )
            kinds = error_kinds(tables, "cron_job_logs", (rowid for rowid, *_ in found))
            runs = [
                q.JobRun(None if rowid is None else str(rowid), *cells, kinds.get(rowid))  # type: ignore[call-arg]
                for rowid, *cells in found
            ]
    return q.JobAnswer(
        question.task_key,
        name,
        enabled,
        critical,
        interval,
        tuple(runs),
        total,
        success,
        failed,
        p50,
        p95,
        as_of,
    )
