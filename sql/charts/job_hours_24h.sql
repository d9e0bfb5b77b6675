/*
title = "Job runs by hour, 24 hours"
page = "cron"
row = "one job and one local hour in which it started runs, of the last 24 hours"
range = "24h"
filters = ["job_name"]
reads = [
    "cron_job_logs.run_id", "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.started_at", "cron_jobs.job_id",
    "cron_jobs.name", "cron_jobs.task_key",
]
page_groups = { by = "job_name", size = "failed", keep = 15 }
[columns]
job_name = { type = "text", help = "Key under which the runs are logged" }
name = { type = "text", help = "Name of the job" }
hour = { type = "instant", help = "Start of the local hour" }
success = { type = "integer", unit = "runs", help = "Runs started in it that succeeded" }
failed = { type = "integer", unit = "runs", help = "Runs started in it that failed" }
running = { type = "integer", unit = "runs", help = "Runs started in it that have not ended" }
killed = { type = "integer", unit = "runs", help = "Runs started in it that have no end, though a later run of the job began" }
other = { type = "integer", unit = "runs", help = "Runs started in it of no or another status" }
[rows.success]
table = "cron_job_logs"
where = """
job_name is not distinct from $job_name and started_at >= range_start('24h') and started_at <= range_end()
and local_hour(started_at) = $hour and status = 'success'"""
[rows.failed]
table = "cron_job_logs"
where = """
job_name is not distinct from $job_name and started_at >= range_start('24h') and started_at <= range_end()
and local_hour(started_at) = $hour and status = 'failed'"""
[rows.running]
table = "cron_job_logs"
select = """
select source_rowid
from (
    select
        source_rowid,
        started_at,
        status,
        job_name is not null and place_of(started_at, run_id) < max(place_of(started_at, run_id)) over ()
            as is_followed
    from cron_job_logs
    where
        job_name is not distinct from $job_name
        and started_at >= range_start('24h') and started_at <= run_now()
)
where
    local_hour(started_at) = $hour and started_at <= range_end()
    and status = 'running' and not is_followed"""
[rows.killed]
table = "cron_job_logs"
select = """
select source_rowid
from (
    select
        source_rowid,
        started_at,
        status,
        job_name is not null and place_of(started_at, run_id) < max(place_of(started_at, run_id)) over ()
            as is_followed
    from cron_job_logs
    where
        job_name is not distinct from $job_name
        and started_at >= range_start('24h') and started_at <= run_now()
)
where
    local_hour(started_at) = $hour and started_at <= range_end()
    and (status = 'killed' or status = 'running' and is_followed)"""
[rows.other]
table = "cron_job_logs"
where = """
job_name is not distinct from $job_name and started_at >= range_start('24h') and started_at <= range_end()
and local_hour(started_at) = $hour and coalesce(status not in ('success', 'failed', 'running', 'killed'), true)"""
*/
with
runs as (
    select
        job_name,
        started_at,
        case
            when
                status = 'running'
                and place_of(started_at, run_id) < max(place_of(started_at, run_id)) over (partition by job_name)
                and job_name is not null
                then 'killed'
            else status
        end as result
    from cron_job_logs
    where started_at >= range_start('24h') and started_at <= run_now() and taken('job_name', job_name)
),
hours as (
    select
        job_name,
        local_hour(started_at) as hour,
        count(*) filter (where result = 'success') as success,
        count(*) filter (where result = 'failed') as failed,
        count(*) filter (where result = 'running') as running,
        count(*) filter (where result = 'killed') as killed,
        count(*) filter (where coalesce(result not in ('success', 'failed', 'running', 'killed'), true)) as other
    from runs
    where started_at <= range_end()
    group by 1, 2
),
-- Each key has one name, because otherwise an hour could appear twice.
names as (
    select task_key, name
    from cron_jobs
    qualify row_number() over (partition by task_key order by job_id) = 1
)
select
    hours.job_name,
    coalesce(names.name, hours.job_name) as name,
    hours.hour,
    hours.success,
    hours.failed,
    hours.running,
    hours.killed,
    hours.other
from hours
left join names on names.task_key = hours.job_name
order by hours.job_name nulls last, hours.hour
