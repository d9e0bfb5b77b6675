/*
title = "Success and duration by job"
page = "cron"
row = "one job that is registered or has run, by name, then task key"
reads = [
    "cron_jobs.name",
    "cron_jobs.task_key",
    "cron_job_logs.job_name",
    "cron_job_logs.status",
    "cron_job_logs.started_at",
    "cron_job_logs.finished_at",
]

[columns]
name = { type = "text" }
task_key = { type = "text" }
runs = { type = "integer" }
success = { type = "integer" }
failed = { type = "integer" }
success_rate = { type = "number", help = "success / (success + failed), null over 0" }
mean_duration_s = { type = "number", unit = "s" }
max_duration_s = { type = "number", unit = "s" }
last_started_at = { type = "instant" }
*/
with runs as (
    select
        job_name as task_key,
        status,
        started_at,
        case
            when finished_at >= started_at then cast(date_diff('second', started_at, finished_at) as double)
        end as duration_s
    from cron_job_logs
    where job_name is not null and (started_at <= run_now() or started_at is null)
),

by_job as (
    select
        task_key,
        count(*) as runs,
        count(*) filter (where status = 'success') as success,
        count(*) filter (where status = 'failed') as failed,
        exact_mean(duration_s) as mean_duration_s,
        max(duration_s) as max_duration_s,
        max(started_at) as last_started_at
    from runs
    group by task_key
),

jobs as (
    select task_key, min(name) as name
    from cron_jobs
    where task_key is not null
    group by task_key
)

select
    coalesce(jobs.name, task_key) as name,
    task_key,
    coalesce(runs, 0) as runs,
    coalesce(success, 0) as success,
    coalesce(failed, 0) as failed,
    case when success + failed > 0 then success / (success + failed) end as success_rate,
    mean_duration_s,
    max_duration_s,
    last_started_at
from jobs
full join by_job using (task_key)
order by name, task_key
