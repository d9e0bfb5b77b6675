with
runs as (
    select local_day(started_at) as day, status
    from cron_job_logs
    where started_at >= days_start(7) and started_at <= run_now()
)
select
    day,
    count(*) filter (where status = 'success') as success,
    count(*) filter (where status = 'failed') as failed
from runs
group by day
order by day
