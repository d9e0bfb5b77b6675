/*
title = "Replies by channel"
page = "outreach"
row = "one contact method, by outreaches sent descending"
reads = [
    "outreaches.outreach_id", "outreaches.channel", "outreaches.status", "outreaches.sent_at",
    "outreaches.delivered_at", "conversations.outreach_id", "conversations.direction",
    "conversations.sentiment",
]
[columns]
channel = { type = "text", help = "Contact method; none where it is unreadable" }
sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
delivered = { type = "integer", unit = "outreaches", help = "Outreaches sent and delivered" }
replied = { type = "integer", unit = "outreaches", help = "Outreaches sent that got an inbound message" }
response_rate = { type = "number", unit = "fraction", help = "Replied, over sent" }
positive = { type = "integer", unit = "outreaches", help = "Replied with a positive message" }
positive_rate = { type = "number", unit = "fraction", help = "Positive, over sent" }
*/
with
answered as (
    select outreach_id, coalesce(bool_or(sentiment = 'positive'), false) as is_positive
    from conversations
    where direction = 'inbound' and outreach_id is not null
    group by outreach_id
),
judged as (
    select
        outreaches.channel,
        outreaches.sent_at is not null
        or coalesce(outreaches.status in ('sent', 'delivered', 'bounced'), false) as is_sent,
        outreaches.delivered_at is not null
        or coalesce(outreaches.status = 'delivered', false) as is_delivered,
        answered.outreach_id is not null as is_answered,
        coalesce(answered.is_positive, false) as is_positive
    from outreaches
    left join answered using (outreach_id)
),
counted as (
    select
        channel,
        count(*) filter (where is_sent) as sent,
        count(*) filter (where is_sent and is_delivered) as delivered,
        count(*) filter (where is_sent and is_answered) as replied,
        count(*) filter (where is_sent and is_positive) as positive
    from judged
    group by channel
)
select
    channel,
    sent,
    delivered,
    replied,
    replied / nullif(sent, 0) as response_rate,
    positive,
    positive / nullif(sent, 0) as positive_rate
from counted
order by sent desc, channel nulls last
