/*
title = "Messages by day, 30 days"
page = "conversations"
row = "one day of the last 30"
ttl_minutes = 60
range = "30d"
reads = ["conversations.direction", "conversations.sentiment", "conversations.received_at"]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day", help = "Local day" }
inbound = { type = "integer", unit = "messages", help = "Messages received" }
outbound = { type = "integer", unit = "messages", help = "Messages sent" }
positive = { type = "integer", unit = "messages", help = "Positive messages received" }
[rows.inbound]
table = "conversations"
where = """
direction = 'inbound' and received_at >= range_start('30d') and received_at <= range_end()
and is_on(received_at, $day)"""
[rows.outbound]
table = "conversations"
where = """
direction = 'outbound' and received_at >= range_start('30d') and received_at <= range_end()
and is_on(received_at, $day)"""
[rows.positive]
table = "conversations"
where = """
direction = 'inbound' and sentiment = 'positive'
and received_at >= range_start('30d') and received_at <= range_end() and is_on(received_at, $day)"""
*/
select
    local_day(received_at) as day,
    cast(coalesce(sum(messages) filter (where direction = 'inbound'), 0) as bigint) as inbound,
    cast(coalesce(sum(messages) filter (where direction = 'outbound'), 0) as bigint) as outbound,
    cast(
        coalesce(sum(messages) filter (where direction = 'inbound' and sentiment = 'positive'), 0) as bigint
    ) as positive
from messages_received_between(range_start('30d'), range_end())
group by day
order by day
