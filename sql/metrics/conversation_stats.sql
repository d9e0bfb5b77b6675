/*
title = "Conversations"
page = "conversations"
row = "all conversations"
reads = [
    "conversations.outreach_id", "conversations.direction", "conversations.sentiment",
    "conversations.received_at", "conversations.is_read", "outreaches.outreach_id", "outreaches.sent_at",
]
[columns]
conversations = { type = "integer", unit = "outreaches", help = "Outreaches with a message in or out" }
inbound = { type = "integer", unit = "messages", help = "Messages received" }
outbound = { type = "integer", unit = "messages", help = "Messages sent" }
unread = { type = "integer", unit = "messages", help = "Inbound messages nobody has read" }
positive = { type = "integer", unit = "messages", help = "Inbound messages of this sentiment" }
neutral = { type = "integer", unit = "messages", help = "Inbound messages of this sentiment" }
objection = { type = "integer", unit = "messages", help = "Inbound messages of this sentiment" }
negative = { type = "integer", unit = "messages", help = "Inbound messages of this sentiment" }
unclassified = { type = "integer", unit = "messages", help = "Inbound messages of no or another sentiment" }
inbound_24h = { type = "integer", unit = "messages", help = "Inbound messages of the last 24 hours" }
median_reply_minutes = { type = "number", unit = "min", help = "Median time from sending to the first reply" }
[rows.conversations]
table = "outreaches"
select = "select source_rowid from threads"
[rows.inbound]
table = "conversations"
where = "direction = 'inbound'"
[rows.outbound]
table = "conversations"
where = "direction = 'outbound'"
[rows.unread]
table = "conversations"
where = "direction = 'inbound' and not is_read"
[rows.positive]
table = "conversations"
where = "direction = 'inbound' and sentiment = 'positive'"
[rows.neutral]
table = "conversations"
where = "direction = 'inbound' and sentiment = 'neutral'"
[rows.objection]
table = "conversations"
where = "direction = 'inbound' and sentiment = 'objection'"
[rows.negative]
table = "conversations"
where = "direction = 'inbound' and sentiment = 'negative'"
[rows.unclassified]
table = "conversations"
where = """
direction = 'inbound'
and coalesce(sentiment not in ('positive', 'neutral', 'objection', 'negative'), true)"""
[rows.inbound_24h]
table = "conversations"
where = """
direction = 'inbound' and received_at > run_now() - interval 24 hours and received_at <= run_now()"""
[rows.median_reply_minutes]
table = "outreaches"
select = "select source_rowid from threads where first_reply_at <= run_now()"
counted = false
*/
with
messages as (
    select
        coalesce(sum(messages) filter (where direction = 'inbound'), 0) as inbound,
        coalesce(sum(messages) filter (where direction = 'outbound'), 0) as outbound,
        coalesce(sum(messages) filter (where direction = 'inbound' and not is_read), 0) as unread,
        coalesce(sum(messages) filter (where direction = 'inbound' and sentiment = 'positive'), 0) as positive,
        coalesce(sum(messages) filter (where direction = 'inbound' and sentiment = 'neutral'), 0) as neutral,
        coalesce(sum(messages) filter (where direction = 'inbound' and sentiment = 'objection'), 0) as objection,
        coalesce(sum(messages) filter (where direction = 'inbound' and sentiment = 'negative'), 0) as negative
    from message_states
),
latest as (
    select count(*) as inbound_24h
    from conversations
    where direction = 'inbound' and received_at > run_now() - interval 24 hours and received_at <= run_now()
),
-- The median is that of whole seconds, because then the mean of the middle two is exact.
replies as (
    select
        count(*) as conversations,
        median(date_diff('second', sent_at, first_reply_at)) filter (where first_reply_at <= run_now()) / 60
            as median_reply_minutes
    from threads
)
select
    replies.conversations,
    cast(inbound as bigint) as inbound,
    cast(outbound as bigint) as outbound,
    cast(unread as bigint) as unread,
    cast(positive as bigint) as positive,
    cast(neutral as bigint) as neutral,
    cast(objection as bigint) as objection,
    cast(negative as bigint) as negative,
    cast(inbound - positive - neutral - objection - negative as bigint) as unclassified,
    latest.inbound_24h,
    replies.median_reply_minutes
from messages
cross join latest
cross join replies
