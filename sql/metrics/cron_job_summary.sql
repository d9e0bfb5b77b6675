/*
title = "Job schedule"
page = "cron"
row = "one scheduled job, by name"
filters = ["job_name"]
reads = [
    "cron_jobs.job_id", "cron_jobs.name", "cron_jobs.task_key", "cron_jobs.interval_value",
    "cron_jobs.interval_unit", "cron_jobs.enabled", "cron_jobs.critical", "cron_jobs.created_at",
    "cron_job_logs.run_id", "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.started_at",
    "cron_job_logs.finished_at",
]
page_rows = 50
[columns]
name = { type = "text", help = "Name of the job" }
task_key = { type = "text", help = "Key under which its runs are logged" }
enabled = { type = "boolean", help = "Whether the job is to run" }
critical = { type = "boolean", help = "Whether the pipeline depends on it" }
interval_minutes = { type = "number", unit = "min", help = "Time from one start to the next" }
last_started_at = { type = "instant", help = "Start of the latest run" }
last_status = { type = "text", help = "Status of the latest run" }
last_duration_s = { type = "integer", unit = "s", help = "Duration of the latest run, once it has ended" }
runs_24h = { type = "integer", unit = "runs", help = "Runs started in the last 24 hours" }
failures_24h = { type = "integer", unit = "runs", help = "Those of them that failed" }
success_rate_7d = { type = "number", unit = "fraction", help = "Success over finished, 7 × 24 hours" }
next_due_at = { type = "instant", help = "Latest start and one interval" }
overdue = { type = "boolean", help = "Enabled, and more than 1.5 intervals without a start" }
[rows.last_started_at]
table = "cron_job_logs"
select = """
select source_rowid
from cron_job_logs
where job_name = $task_key and started_at = $last_started_at
order by place_of(started_at, run_id) desc
limit 1"""
counted = false
[rows.last_duration_s]
same_as = "last_started_at"
[rows.runs_24h]
table = "cron_job_logs"
where = """
job_name = $task_key and started_at > run_now() - interval 24 hours and started_at <= run_now()"""
[rows.failures_24h]
table = "cron_job_logs"
where = """
job_name = $task_key and status = 'failed'
and started_at > run_now() - interval 24 hours and started_at <= run_now()"""
[rows.success_rate_7d]
table = "cron_job_logs"
where = """
job_name = $task_key and status = 'success'
and started_at > run_now() - interval 168 hours and started_at <= run_now()"""
counted = false
*/
with
-- Structs compare field by field: the maximum has the latest start, then the highest id.
recent as (
    select
        job_name,
        max({
            'started_at': started_at, 'run_id': run_id, 'status': status, 'finished_at': finished_at
        }) as latest,
        count(*) filter (where started_at > run_now() - interval 24 hours) as runs_24h,
        count(*) filter (
            where status = 'failed' and started_at > run_now() - interval 24 hours
        ) as failures_24h,
        count(*) filter (where status = 'success') as successes_7d,
        count(*) filter (where status in ('success', 'failed')) as finished_7d
    from cron_job_logs
    where started_at > run_now() - interval 168 hours and started_at <= run_now()
    group by job_name
),
-- All of the log is read only for a job that has not run recently.
idle as (
    select distinct task_key
    from cron_jobs
    anti join recent on recent.job_name = cron_jobs.task_key
),
earlier as (
    select
        job_name,
        max({
            'started_at': started_at, 'run_id': run_id, 'status': status, 'finished_at': finished_at
        }) as latest
    from cron_job_logs
    join idle on idle.task_key = cron_job_logs.job_name
    where started_at <= run_now() - interval 168 hours
    group by job_name
),
runs as (
    select * from recent
    union all by name
    select * from earlier
),
jobs as (
    select
        job_id,
        name,
        task_key,
        enabled,
        critical,
        created_at,
        finite_or_null(
            interval_value
            * case interval_unit when 'minutes' then 1 when 'hours' then 60 when 'days' then 1440 end
        ) as interval_minutes
    from cron_jobs
    where taken('job_name', task_key)
),
joined as (
    select
        jobs.*,
        runs.latest.started_at as last_started_at,
        runs.latest.status as last_status,
        case
            when runs.latest.status is distinct from 'running'
                then date_diff('second', runs.latest.started_at, runs.latest.finished_at)
        end as last_duration_s,
        coalesce(runs.runs_24h, 0) as runs_24h,
        coalesce(runs.failures_24h, 0) as failures_24h,
        runs.successes_7d / nullif(runs.finished_7d, 0) as success_rate_7d,
        case
            when jobs.enabled then epoch_us(runs.latest.started_at) + round(jobs.interval_minutes * 60000000)
        end as due_us
    from jobs
    left join runs on runs.job_name = jobs.task_key
)
select
    name,
    task_key,
    enabled,
    critical,
    interval_minutes,
    last_started_at,
    last_status,
    last_duration_s,
    runs_24h,
    failures_24h,
    success_rate_7d,
    -- A very long interval leads to a year of more than four digits, which has no date here.
    case
        when due_us >= epoch_us(timestamp '1000-01-01') and due_us < epoch_us(timestamp '9999-12-31')
            then date_trunc('second', make_timestamp(try_cast(due_us as bigint)))
    end as next_due_at,
    coalesce(
        enabled
        and epoch(run_now()) - epoch(coalesce(last_started_at, created_at)) > 1.5 * 60 * interval_minutes,
        false
    ) as overdue
from joined
order by name nulls last, task_key nulls last, job_id
