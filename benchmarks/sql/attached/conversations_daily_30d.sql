with
messages as (
    select local_day(received_at) as day, direction, sentiment
    from conversations
    where received_at >= days_start(30) and received_at <= run_now()
)
select
    day,
    count(*) filter (where direction = 'inbound') as inbound,
    count(*) filter (where direction = 'outbound') as outbound,
    count(*) filter (where direction = 'inbound' and sentiment = 'positive') as positive
from messages
group by day
order by day
