with
-- Structs compare field by field: the greatest is the latest start, then the highest id.
runs as (
    select
        job_name,
        max({
            'started_at': started_at, 'run_id': run_id, 'status': status, 'finished_at': finished_at
        }) as latest,
        count(*) filter (where started_at > run_now() - interval 24 hours) as runs_24h,
        count(*) filter (
            where status = 'failed' and started_at > run_now() - interval 24 hours
        ) as failures_24h,
        count(*) filter (
            where status = 'success' and started_at > run_now() - interval 168 hours
        ) as successes_7d,
        count(*) filter (
            where status in ('success', 'failed') and started_at > run_now() - interval 168 hours
        ) as finished_7d
    from cron_job_logs
    where started_at <= run_now()
    group by job_name
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
    -- An interval of millennia leads to no date that has a year of four digits.
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
