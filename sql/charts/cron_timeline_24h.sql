/*
title = "Newest job runs"
page = "cron"
row = "one run started in the last 24 hours; the newest 200, oldest first"
range = "24h"
filters = ["job_name", "status"]
reads = [
    "cron_job_logs.run_id", "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.started_at",
    "cron_job_logs.finished_at", "cron_jobs.job_id", "cron_jobs.name", "cron_jobs.task_key",
]
[columns]
job_name = { type = "text", help = "Key under which the run is logged" }
name = { type = "text", help = "Name of the job" }
status = { type = "text", category = "run_status", help = "running, success or failed" }
started_at = { type = "instant", help = "Start of the run" }
finished_at = { type = "instant", help = "End of the run" }
duration_s = { type = "integer", unit = "s", help = "Duration, once the run has ended" }
[rows.duration_s]
table = "cron_job_logs"
where = """
job_name is not distinct from $job_name and status is not distinct from $status
and started_at = $started_at and finished_at is not distinct from $finished_at"""
counted = false
*/
with
newest as (
    select run_id, job_name, status, started_at, finished_at
    from cron_job_logs
    where
        started_at >= range_start('24h')
        and started_at <= range_end()
        and taken('job_name', job_name)
        and taken('status', status)
    order by started_at desc, run_id desc
    limit 200
),
-- Each key has one name, because otherwise a run could appear twice.
names as (
    select task_key, name
    from cron_jobs
    qualify row_number() over (partition by task_key order by job_id) = 1
)
select
    newest.job_name,
    coalesce(names.name, newest.job_name) as name,
    newest.status,
    newest.started_at,
    newest.finished_at,
    case
        when newest.status is distinct from 'running'
            then date_diff('second', newest.started_at, newest.finished_at)
    end as duration_s
from newest
left join names on names.task_key = newest.job_name
order by newest.started_at, newest.run_id
