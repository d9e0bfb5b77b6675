with
failing as (
    select count(*) as failing_sites
    from sites
    where status = 'failing'
),
failed as (
    select count(*) as failed_outreaches
    from outreaches
    where status = 'failed'
),
-- Beside a single max, SQLite takes the other columns from the row that holds it.
latest as (
    select
        job_name,
        status,
        max(replace(substr(started_at, 1, 19), 'T', ' ') || printf('%020d', id)) as latest
    from cron_job_logs
    where status in ('success', 'failed') and replace(substr(started_at, 1, 19), 'T', ' ') <= :now
    group by job_name
),
broken as (
    select count(*) as failed_jobs
    from cron_jobs
    join latest on latest.job_name = cron_jobs.task_key
    where cron_jobs.enabled and latest.status = 'failed'
)
select
    failing_sites + failed_outreaches + failed_jobs as active_errors,
    failing_sites,
    failed_outreaches,
    failed_jobs
from failing
cross join failed
cross join broken
