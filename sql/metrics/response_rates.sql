/*
title = "Replies by channel"
page = "outreach"
row = "one contact method, by outreaches sent descending"
filters = ["channel"]
reads = [
    "outreaches.outreach_id", "outreaches.channel", "outreaches.status", "outreaches.sent_at",
    "outreaches.delivered_at", "conversations.outreach_id", "conversations.direction",
    "conversations.sentiment",
]
page_groups.by = "channel"
page_groups.size = "sent"
page_groups.keep = 8
page_groups.rates = { response_rate = ["replied", "sent"], positive_rate = ["positive", "sent"] }
[columns]
channel = { type = "text", category = "channel", help = "Contact method; none where it is unreadable" }
sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
delivered = { type = "integer", unit = "outreaches", help = "Outreaches sent and delivered" }
replied = { type = "integer", unit = "outreaches", help = "Outreaches sent that got an inbound message" }
response_rate = { type = "number", unit = "fraction", help = "Replied, over sent" }
positive = { type = "integer", unit = "outreaches", help = "Replied with a positive message" }
positive_rate = { type = "number", unit = "fraction", help = "Positive, over sent" }
[rows.sent]
table = "outreaches"
where = "channel is not distinct from $channel and is_sent_outreach(status, sent_at)"
[rows.delivered]
table = "outreaches"
where = """
channel is not distinct from $channel
and is_sent_outreach(status, sent_at) and is_delivered_outreach(status, delivered_at)"""
[rows.replied]
table = "outreaches"
select = """
select source_rowid
from threads
where is_sent and is_answered and channel is not distinct from $channel"""
[rows.response_rate]
same_as = "replied"
[rows.positive]
table = "outreaches"
select = """
select source_rowid
from threads
where is_sent and is_positive and channel is not distinct from $channel"""
[rows.positive_rate]
same_as = "positive"
*/
with
counted as (
    select
        channel,
        outreaches,
        case when is_sent then outreaches else 0 end as sent,
        case when is_sent and is_delivered then outreaches else 0 end as delivered,
        0 as replied,
        0 as positive
    from outreach_states
    where taken('channel', channel)
    union all
    select channel, 0, 0, 0, count(*), count(*) filter (where is_positive)
    from threads
    where is_sent and is_answered and taken('channel', channel)
    group by channel
),
summed as (
    select
        channel,
        cast(sum(sent) as bigint) as sent,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(replied) as bigint) as replied,
        cast(sum(positive) as bigint) as positive
    from counted
    group by channel
    having sum(outreaches) > 0
)
select
    channel,
    sent,
    delivered,
    replied,
    replied / nullif(sent, 0) as response_rate,
    positive,
    positive / nullif(sent, 0) as positive_rate
from summed
order by sent desc, channel nulls last
