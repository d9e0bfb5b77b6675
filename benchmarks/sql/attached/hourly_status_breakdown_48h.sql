with
entries as (
    select local_hour(entered_at) as hour, status
    from site_status
    where entered_at >= hours_start(48) and entered_at <= run_now()
)
select hour, status, count(*) as sites
from entries
group by hour, status
order by hour, status nulls last
