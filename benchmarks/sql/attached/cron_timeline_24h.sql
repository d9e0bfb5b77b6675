with
newest as (
    select run_id, job_name, status, started_at, finished_at
    from cron_job_logs
    where started_at > run_now() - interval 24 hours and started_at <= run_now()
    order by started_at desc, run_id desc
    limit 200
),
-- One name for each key, so that no run appears twice.
names as (
    select task_key, name
    from cron_jobs
    qualify row_number() over (partition by task_key order by job_id) = 1
)
select
    newest.job_name,
    coalesce(names.name, newest.job_name) as name,
    newest.status,
    newest.started_at,
    newest.finished_at,
    case
        when newest.status is distinct from 'running'
            then date_diff('second', newest.started_at, newest.finished_at)
    end as duration_s
from newest
left join names on names.task_key = newest.job_name
order by newest.started_at, newest.run_id
