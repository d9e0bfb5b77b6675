with
entries as (
    select replace(substr(created_at, 1, 13), ' ', 'T') || ':00:00Z' as hour, status
    from site_status
    where created_at >= substr(:hour_48, 1, 10) and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') >= :hour_48
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
)
select hour, status, count(*) as sites
from entries
group by hour, status
order by hour, status
