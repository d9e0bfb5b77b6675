with
failures as (
    select
        substr(occurred_at, 1, 10) as day,
        case when typeof(status_code) = 'integer' then cast(status_code as text) else 'none' end as status_code
    from http_errors
    where occurred_at >= :day_30 and occurred_at < :tomorrow
        and replace(substr(occurred_at, 1, 19), 'T', ' ') <= :now
)
select day, status_code, count(*) as errors
from failures
group by day, status_code
order by day, status_code
