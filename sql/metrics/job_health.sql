/*
title = "Health of the jobs"
page = "cron"
row = "one scheduled job, by name"
filters = ["job_name"]
reads = [
    "cron_jobs.job_id", "cron_jobs.name", "cron_jobs.task_key", "cron_jobs.interval_value",
    "cron_jobs.interval_unit", "cron_jobs.enabled", "cron_job_logs.run_id", "cron_job_logs.job_name",
    "cron_job_logs.status", "cron_job_logs.error_message", "cron_job_logs.started_at",
    "cron_job_logs.finished_at", "cron_job_logs.items_processed", "cron_job_logs.items_failed",
]
page_rows = 50
[columns]
name = { type = "text", help = "Name of the job" }
task_key = { type = "text", help = "Key under which its runs are logged" }
enabled = { type = "boolean", help = "Whether the job is to run" }
failing = { type = "boolean", help = "Enabled, and its latest finished run failed" }
consecutive_failures = { type = "integer", unit = "runs", help = "Failed runs since its latest success" }
last_success_at = { type = "instant", help = "Start of its latest successful run" }
last_failed_at = { type = "instant", help = "Start of its latest failed run" }
last_error = { type = "text", contacts = true, help = "Error of its latest failed run" }
abandoned_7d = { type = "integer", unit = "runs", help = "Runs of the last 168 hours without an end, though a later one has started" }
p50_duration_s = { type = "integer", unit = "s", help = "Half of the successful runs of 168 hours took no longer" }
p95_duration_s = { type = "integer", unit = "s", help = "95 % of the successful runs of 168 hours took no longer" }
running_since = { type = "instant", help = "Start of its latest run, while that is running" }
stuck = { type = "boolean", help = "Running for much longer than usual" }
items_processed_24h = { type = "number", unit = "items", help = "Processed by runs of the last 24 hours" }
items_failed_24h = { type = "number", unit = "items", help = "Failed in runs of the last 24 hours" }
[rows.consecutive_failures]
table = "cron_job_logs"
select = """
with
runs as (
    select source_rowid, place_of(started_at, run_id) as place, status
    from cron_job_logs
    where job_name = $task_key and started_at <= run_now()
)
select source_rowid
from runs
where
    status = 'failed'
    and place > coalesce((select max(place) from runs where status = 'success'), -1)"""
[rows.last_success_at]
table = "cron_job_logs"
select = """
select source_rowid
from cron_job_logs
where job_name = $task_key and started_at = $last_success_at and status = 'success'
order by place_of(started_at, run_id) desc
limit 1"""
counted = false
[rows.last_failed_at]
table = "cron_job_logs"
select = """
select source_rowid
from cron_job_logs
where job_name = $task_key and started_at = $last_failed_at and status = 'failed'
order by place_of(started_at, run_id) desc
limit 1"""
counted = false
[rows.abandoned_7d]
table = "cron_job_logs"
select = """
with
runs as (
    select
        source_rowid,
        status,
        place_of(started_at, run_id) < max(place_of(started_at, run_id)) over () as is_followed
    from cron_job_logs
    where
        job_name = $task_key
        and started_at > run_now() - interval 168 hours and started_at <= run_now()
)
select source_rowid
from runs
where status = 'running' and is_followed"""
[rows.p50_duration_s]
table = "cron_job_logs"
where = """
job_name = $task_key and status = 'success' and finished_at >= started_at
and started_at > run_now() - interval 168 hours and started_at <= run_now()"""
counted = false
[rows.p95_duration_s]
same_as = "p50_duration_s"
[rows.running_since]
table = "cron_job_logs"
select = """
select source_rowid
from cron_job_logs
where job_name = $task_key and started_at = $running_since and status = 'running'
order by place_of(started_at, run_id) desc
limit 1"""
counted = false
[rows.items_processed_24h]
table = "cron_job_logs"
where = """
job_name = $task_key and started_at > run_now() - interval 24 hours and started_at <= run_now()"""
sum = "items_processed"
[rows.items_failed_24h]
same_as = "items_processed_24h"
sum = "items_failed"
*/
with
runs as (
    select
        job_name,
        place_of(started_at, run_id) as place,
        started_at,
        finished_at,
        status,
        error_message,
        items_processed,
        items_failed
    from cron_job_logs
    where started_at <= run_now()
),
latest as (
    select
        job_name,
        max(place) as any_run,
        max(place) filter (where status = 'success') as success,
        max(place) filter (where status = 'failed') as failed,
        max(started_at) filter (where status = 'success') as last_success_at,
        max(started_at) filter (where status = 'failed') as last_failed_at,
        max(started_at) as last_started_at,
        arg_max_null(status, place) = 'running' as is_running,
        -- The value of the latest run, even if it is null, which arg_max would skip.
        arg_max_null(error_message, place) filter (where status = 'failed') as last_error
    from runs
    group by job_name
),
failures as (
    select runs.job_name, count(*) as consecutive_failures
    from runs
    join latest on latest.job_name = runs.job_name
    where runs.status = 'failed' and (latest.success is null or runs.place > latest.success)
    group by runs.job_name
),
week as (
    select
        runs.job_name,
        count(*) filter (where runs.status = 'running' and runs.place < latest.any_run) as abandoned_7d,
        quantile_disc(date_diff('second', runs.started_at, runs.finished_at), [0.5, 0.95]) filter (
            where runs.status = 'success' and runs.finished_at >= runs.started_at
        ) as durations_s,
        exact_sum(
            case when runs.started_at > run_now() - interval 24 hours then runs.items_processed end
        ) as items_processed_24h,
        exact_sum(
            case when runs.started_at > run_now() - interval 24 hours then runs.items_failed end
        ) as items_failed_24h
    from runs
    join latest on latest.job_name = runs.job_name
    where runs.started_at > run_now() - interval 168 hours
    group by runs.job_name
),
jobs as (
    select
        job_id,
        name,
        task_key,
        enabled,
        finite_or_null(
            60 * interval_value
            * case interval_unit when 'minutes' then 1 when 'hours' then 60 when 'days' then 1440 end
        ) as interval_s
    from cron_jobs
    where taken('job_name', task_key)
),
joined as (
    select
        jobs.*,
        latest.success,
        latest.failed,
        latest.last_success_at,
        latest.last_failed_at,
        latest.last_error,
        failures.consecutive_failures,
        week.abandoned_7d,
        week.durations_s[1] as p50_duration_s,
        week.durations_s[2] as p95_duration_s,
        week.items_processed_24h,
        week.items_failed_24h,
        case when latest.is_running then latest.last_started_at end as running_since
    from jobs
    left join latest on latest.job_name = jobs.task_key
    left join failures on failures.job_name = jobs.task_key
    left join week on week.job_name = jobs.task_key
)
select
    name,
    task_key,
    enabled,
    coalesce(enabled and failed is not null and (success is null or failed > success), false) as failing,
    coalesce(consecutive_failures, 0) as consecutive_failures,
    last_success_at,
    last_failed_at,
    error_text(last_error) as last_error,
    coalesce(abandoned_7d, 0) as abandoned_7d,
    p50_duration_s,
    p95_duration_s,
    running_since,
    -- If there are no successful runs, a run should be over when the next one is due.
    coalesce(
        date_diff('second', running_since, run_now()) > greatest(coalesce(3 * p95_duration_s, interval_s), 600)
        and coalesce(p95_duration_s, interval_s) is not null,
        false
    ) as stuck,
    coalesce(items_processed_24h, 0) as items_processed_24h,
    coalesce(items_failed_24h, 0) as items_failed_24h
from joined
order by name nulls last, task_key nulls last, job_id
