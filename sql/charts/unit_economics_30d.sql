/*
title = "Cost and replies by day, 30 days"
page = "overview"
row = "one day of the last 30"
reads = [
    "llm_usage.cost_usd", "llm_usage.called_at", "outreaches.sent_at", "conversations.direction",
    "conversations.sentiment", "conversations.received_at",
]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day", help = "Local day" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost of model calls" }
outreaches_sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
replies = { type = "integer", unit = "messages", help = "Inbound messages" }
positive_replies = { type = "integer", unit = "messages", help = "Positive inbound messages" }
*/
with
spent as (
    select local_day(called_at) as day, exact_sum(cost_usd) as cost_usd
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
    group by 1
),
sent as (
    select local_day(sent_at) as day, count(*) as outreaches_sent
    from outreaches
    where sent_at >= days_start(30) and sent_at <= run_now()
    group by 1
),
received as (
    select
        local_day(received_at) as day,
        count(*) as replies,
        count(*) filter (where sentiment = 'positive') as positive_replies
    from conversations
    where direction = 'inbound' and received_at >= days_start(30) and received_at <= run_now()
    group by 1
)
select
    day,
    coalesce(cost_usd, 0) as cost_usd,
    coalesce(outreaches_sent, 0) as outreaches_sent,
    coalesce(replies, 0) as replies,
    coalesce(positive_replies, 0) as positive_replies
from spent
full join sent using (day)
full join received using (day)
order by day
