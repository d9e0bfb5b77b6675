with
failures as (
    select local_day(occurred_at) as day, coalesce(cast(status_code as varchar), 'none') as status_code
    from http_errors
    where occurred_at >= days_start(30) and occurred_at <= run_now()
)
select day, status_code, count(*) as errors
from failures
group by day, status_code
order by day, status_code
