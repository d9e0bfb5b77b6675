with
sent as (
    select local_day(sent_at) as day, channel
    from outreaches
    where sent_at >= days_start(30) and sent_at <= run_now()
)
select day, channel, count(*) as sent
from sent
group by day, channel
order by day, channel nulls last
