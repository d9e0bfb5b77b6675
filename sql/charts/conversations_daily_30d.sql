/*
title = "Messages by day, 30 days"
page = "conversations"
row = "one day of the last 30"
reads = ["conversations.direction", "conversations.sentiment", "conversations.received_at"]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day", help = "Local day" }
inbound = { type = "integer", unit = "messages", help = "Messages received" }
outbound = { type = "integer", unit = "messages", help = "Messages sent" }
positive = { type = "integer", unit = "messages", help = "Positive messages received" }
*/
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
