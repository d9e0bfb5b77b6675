with
failing as (
    select count(*) as failing_sites
    from sites
    where stage = 'failing'
),
failed as (
    select count(*) as failed_outreaches
    from outreaches
    where status = 'failed'
),
-- Structs compare field by field: the greatest is the latest start, then the highest id.
finished as (
    select
        job_name,
        max({ 'started_at': started_at, 'run_id': run_id, 'status': status }) as latest
    from cron_job_logs
    where status in ('success', 'failed') and started_at <= run_now()
    group by job_name
),
broken as (
    select count(*) as failed_jobs
    from cron_jobs
    join finished on finished.job_name = cron_jobs.task_key
    where cron_jobs.enabled and finished.latest.status = 'failed'
)
select
    failing_sites + failed_outreaches + failed_jobs as active_errors,
    failing_sites,
    failed_outreaches,
    failed_jobs
from failing
cross join failed
cross join broken
