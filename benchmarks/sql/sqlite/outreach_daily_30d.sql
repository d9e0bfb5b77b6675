with recursive
days (day) as (
    values (:day_30)
    union all
    select date(day, '+1 day') from days where day < :today
),
-- What was sent since then was updated since then, and updated_at has an index.
sent as (
    select substr(sent_at, 1, 10) as day, contact_method as channel, count(*) as sent
    from outreaches
    where updated_at >= :day_30
        and sent_at >= :day_30 and replace(substr(sent_at, 1, 19), 'T', ' ') <= :now
    group by 1, contact_method
),
channels as (
    select distinct channel
    from sent
)
select days.day, channels.channel, coalesce(sent.sent, 0) as sent
from days
cross join channels
left join sent on sent.day = days.day and sent.channel = channels.channel
order by days.day, channels.channel
