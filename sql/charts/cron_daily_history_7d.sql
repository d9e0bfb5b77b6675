/*
title = "Job runs by day, 7 days"
page = "cron"
row = "one day of the last 7"
ttl_minutes = 30
range = "7d"
filters = ["job_name"]
reads = ["cron_job_logs.status", "cron_job_logs.started_at"]
shape = { step = "fill_days", count = 7 }
[columns]
day = { type = "day", help = "Local day on which the runs started" }
success = { type = "integer", unit = "runs", help = "Runs that succeeded" }
failed = { type = "integer", unit = "runs", help = "Runs that failed" }
[rows.success]
table = "cron_job_logs"
where = """
status = 'success' and started_at >= range_start('7d') and started_at <= range_end()
and is_on(started_at, $day) and taken('job_name', job_name)"""
[rows.failed]
table = "cron_job_logs"
where = """
status = 'failed' and started_at >= range_start('7d') and started_at <= range_end()
and is_on(started_at, $day) and taken('job_name', job_name)"""
*/
with
runs as (
    select local_day(started_at) as day, status
    from cron_job_logs
    where started_at >= range_start('7d') and started_at <= range_end() and taken('job_name', job_name)
)
select
    day,
    count(*) filter (where status = 'success') as success,
    count(*) filter (where status = 'failed') as failed
from runs
group by day
order by day
