with recursive
days (day) as (
    values (:day_30)
    union all
    select date(day, '+1 day') from days where day < :today
),
messages as (
    select
        substr(received_at, 1, 10) as day,
        count(*) filter (where direction = 'inbound') as inbound,
        count(*) filter (where direction = 'outbound') as outbound,
        count(*) filter (where direction = 'inbound' and sentiment = 'positive') as positive
    from conversations
    where received_at >= :day_30 and received_at < :tomorrow
        and replace(substr(received_at, 1, 19), 'T', ' ') <= :now
    group by 1
)
select
    days.day,
    coalesce(messages.inbound, 0) as inbound,
    coalesce(messages.outbound, 0) as outbound,
    coalesce(messages.positive, 0) as positive
from days
left join messages on messages.day = days.day
order by days.day
