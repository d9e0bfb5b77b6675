/*
title = "Active errors"
page = "errors"
row = "all that is in error now"
reads = [
    "sites.stage", "outreaches.status", "cron_jobs.task_key", "cron_jobs.enabled",
    "cron_job_logs.run_id", "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.started_at",
]
optional = ["sites", "outreaches", "cron_jobs", "cron_job_logs"]
[columns]
active_errors = { type = "integer", unit = "errors", help = "The sum of the other three" }
failing_sites = { type = "integer", unit = "sites", help = "Sites whose status is failing" }
failed_outreaches = { type = "integer", unit = "outreaches", help = "Outreaches whose status is failed" }
failed_jobs = { type = "integer", unit = "jobs", help = "Enabled jobs whose latest finished run failed" }
[rows.failing_sites]
table = "sites"
where = "stage = 'failing'"
[rows.failed_outreaches]
table = "outreaches"
where = "status = 'failed'"
# Jobs whose latest run of those that have finished is one that failed.
[rows.failed_jobs]
table = "cron_jobs"
select = """
with
latest as (
    select job_name, arg_max(status, place_of(started_at, run_id)) as status
    from cron_job_logs
    where status in ('success', 'failed') and started_at <= run_now()
    group by job_name
)
select cron_jobs.source_rowid
from cron_jobs
join latest on latest.job_name = cron_jobs.task_key
where cron_jobs.enabled and latest.status = 'failed'"""
*/
with
failing as (
    select cast(coalesce(sum(sites), 0) as bigint) as failing_sites
    from site_stages
    where stage = 'failing'
),
failed as (
    select cast(coalesce(sum(outreaches), 0) as bigint) as failed_outreaches
    from outreach_states
    where is_failed
),
-- Structs compare field by field: the maximum has the latest start, then the highest id.
recent as (
    select job_name, max({ 'started_at': started_at, 'run_id': run_id, 'status': status }) as latest
    from cron_job_logs
    where
        status in ('success', 'failed')
        and started_at > run_now() - interval 168 hours
        and started_at <= run_now()
    group by job_name
),
-- All of the log is read only for a job that has not run recently.
idle as (
    select distinct task_key
    from cron_jobs
    anti join recent on recent.job_name = cron_jobs.task_key
    where enabled
),
earlier as (
    select job_name, max({ 'started_at': started_at, 'run_id': run_id, 'status': status }) as latest
    from cron_job_logs
    join idle on idle.task_key = cron_job_logs.job_name
    where status in ('success', 'failed') and started_at <= run_now() - interval 168 hours
    group by job_name
),
finished as (
    select job_name, latest.status as status from recent
    union all
    select job_name, latest.status from earlier
),
broken as (
    select count(*) as failed_jobs
    from cron_jobs
    join finished on finished.job_name = cron_jobs.task_key
    where cron_jobs.enabled and finished.status = 'failed'
)
-- The sum is that of what can be known.
select
    case
        when has_table('sites') or has_table('outreaches') or (has_table('cron_jobs') and has_table('cron_job_logs'))
            then failing_sites + failed_outreaches + failed_jobs
    end as active_errors,
    failing_sites,
    failed_outreaches,
    case when has_table('cron_job_logs') then failed_jobs end as failed_jobs
from failing
cross join failed
cross join broken
