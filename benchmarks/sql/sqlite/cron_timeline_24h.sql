with
newest as (
    select
        id,
        job_name,
        status,
        replace(substr(started_at, 1, 19), 'T', ' ') as started_at,
        replace(substr(finished_at, 1, 19), 'T', ' ') as finished_at
    from cron_job_logs
    where started_at >= substr(:ago_24h, 1, 10) and started_at < :tomorrow
        and replace(substr(started_at, 1, 19), 'T', ' ') > :ago_24h
        and replace(substr(started_at, 1, 19), 'T', ' ') <= :now
    order by 4 desc, id desc
    limit 200
)
select
    newest.job_name,
    coalesce(cron_jobs.name, newest.job_name) as name,
    newest.status,
    strftime('%Y-%m-%dT%H:%M:%SZ', newest.started_at) as started_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', newest.finished_at) as finished_at,
    case
        when newest.status <> 'running'
            then strftime('%s', newest.finished_at) - strftime('%s', newest.started_at)
    end as duration_s
from newest
left join cron_jobs on cron_jobs.task_key = newest.job_name
order by newest.started_at, newest.id
