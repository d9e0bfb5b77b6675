with
logged as (
    select id, job_name, status, replace(substr(started_at, 1, 19), 'T', ' ') as started_at, finished_at
    from cron_job_logs
    where started_at < :tomorrow
),
-- Beside a single max, SQLite takes the other columns from the row that holds it.
runs as (
    select
        job_name,
        started_at,
        status,
        replace(substr(finished_at, 1, 19), 'T', ' ') as finished_at,
        max(started_at || printf('%020d', id)) as latest,
        count(*) filter (where started_at > :ago_24h) as runs_24h,
        count(*) filter (where status = 'failed' and started_at > :ago_24h) as failures_24h,
        count(*) filter (where status = 'success' and started_at > :ago_168h) as successes_7d,
        count(*) filter (where status in ('success', 'failed') and started_at > :ago_168h) as finished_7d
    from logged
    where started_at <= :now
    group by job_name
),
jobs as (
    select
        id,
        name,
        task_key,
        enabled,
        critical,
        created_at,
        interval_value
        * case interval_unit when 'minutes' then 1.0 when 'hours' then 60.0 when 'days' then 1440.0 end
        as interval_minutes
    from cron_jobs
)
select
    jobs.name,
    jobs.task_key,
    jobs.enabled,
    jobs.critical,
    jobs.interval_minutes,
    strftime('%Y-%m-%dT%H:%M:%SZ', runs.started_at) as last_started_at,
    runs.status as last_status,
    case
        when runs.status <> 'running' then strftime('%s', runs.finished_at) - strftime('%s', runs.started_at)
    end as last_duration_s,
    coalesce(runs.runs_24h, 0) as runs_24h,
    coalesce(runs.failures_24h, 0) as failures_24h,
    runs.successes_7d * 1.0 / nullif(runs.finished_7d, 0) as success_rate_7d,
    case
        when jobs.enabled
            then strftime('%Y-%m-%dT%H:%M:%SZ', runs.started_at, jobs.interval_minutes || ' minutes')
    end as next_due_at,
    coalesce(
        jobs.enabled
        and strftime('%s', :now) - strftime('%s', coalesce(runs.started_at, substr(jobs.created_at, 1, 19)))
        > 1.5 * 60 * jobs.interval_minutes,
        0
    ) as overdue
from jobs
left join runs on runs.job_name = jobs.task_key
order by jobs.name, jobs.task_key, jobs.id
