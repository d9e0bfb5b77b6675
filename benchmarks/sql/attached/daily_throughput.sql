with
entries as (
    select
        status as stage,
        count(*) filter (where entered_at > run_now() - interval 24 hours) as last_24h,
        count(*) filter (where entered_at <= run_now() - interval 24 hours) as previous_24h
    from site_status
    where entered_at > run_now() - interval 48 hours and entered_at <= run_now()
    group by status
),
counted as (
    select
        position,
        stage,
        coalesce(last_24h, 0) as last_24h,
        coalesce(previous_24h, 0) as previous_24h
    from pipeline_stages()
    left join entries using (stage)
)
select stage, last_24h, previous_24h, last_24h / nullif(previous_24h, 0) - 1 as change
from counted
order by position
