/*
title = "LLM cost, outreach messages and replies by day, 30 days"
page = "overview"
row = "one day of the last 30"
ttl_minutes = 60
range = "30d"
reads = [
    "llm_usage.cost_usd", "llm_usage.called_at", "outreaches.sent_at", "conversations.direction",
    "conversations.sentiment", "conversations.received_at",
]
optional = ["outreaches", "conversations"]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day", help = "Local day" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost of model calls" }
outreaches_sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
replies = { type = "integer", unit = "messages", help = "Inbound messages" }
positive_replies = { type = "integer", unit = "messages", help = "Positive inbound messages" }
[rows.cost_usd]
table = "llm_usage"
where = "called_at >= range_start('30d') and called_at <= range_end() and is_on(called_at, $day)"
sum = "cost_usd"
[rows.outreaches_sent]
table = "outreaches"
where = "sent_at >= range_start('30d') and sent_at <= range_end() and is_on(sent_at, $day)"
[rows.replies]
table = "conversations"
where = """
direction = 'inbound' and received_at >= range_start('30d') and received_at <= range_end()
and is_on(received_at, $day)"""
[rows.positive_replies]
table = "conversations"
where = """
direction = 'inbound' and sentiment = 'positive'
and received_at >= range_start('30d') and received_at <= range_end() and is_on(received_at, $day)"""
*/
with
spent as (
    select local_day(called_at) as day, sum_of_parts(cost_usd, large_cost_usd) as cost_usd
    from llm_calls_between(range_start('30d'), range_end())
    group by 1
),
sent as (
    select local_day(sent_at) as day, sum(outreaches) as outreaches_sent
    from outreaches_sent_between(range_start('30d'), range_end())
    group by 1
),
received as (
    select
        local_day(received_at) as day,
        sum(messages) as replies,
        sum(messages) filter (where sentiment = 'positive') as positive_replies
    from messages_received_between(range_start('30d'), range_end())
    where direction = 'inbound'
    group by 1
)
select
    day,
    coalesce(cost_usd, 0) as cost_usd,
    cast(coalesce(outreaches_sent, 0) as bigint) as outreaches_sent,
    cast(coalesce(replies, 0) as bigint) as replies,
    cast(coalesce(positive_replies, 0) as bigint) as positive_replies
from spent
full join sent using (day)
full join received using (day)
order by day
