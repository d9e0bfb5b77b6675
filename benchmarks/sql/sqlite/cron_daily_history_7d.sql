with recursive
days (day) as (
    values (:day_7)
    union all
    select date(day, '+1 day') from days where day < :today
),
runs as (
    select
        substr(started_at, 1, 10) as day,
        count(*) filter (where status = 'success') as success,
        count(*) filter (where status = 'failed') as failed
    from cron_job_logs
    where started_at >= :day_7 and started_at < :tomorrow
        and replace(substr(started_at, 1, 19), 'T', ' ') <= :now
    group by 1
)
select days.day, coalesce(runs.success, 0) as success, coalesce(runs.failed, 0) as failed
from days
left join runs on runs.day = days.day
order by days.day
