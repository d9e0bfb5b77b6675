/*
row = "one outreach with a message in or out"
kind = "per_key"
key = "outreach_id"
reads = [
    "outreaches.outreach_id", "outreaches.site_id", "outreaches.channel", "outreaches.status", "outreaches.sent_at",
    "conversations.message_id", "conversations.outreach_id", "conversations.direction", "conversations.sentiment",
    "conversations.received_at",
]
*/
select
    outreach_id,
    outreaches.source_rowid,
    -- All rows of a group are of one outreach.
    any_value(outreaches.site_id) as site_id,
    any_value(outreaches.channel) as channel,
    any_value(is_sent_outreach(outreaches.status, outreaches.sent_at)) as is_sent,
    coalesce(bool_or(conversations.direction = 'inbound'), false) as is_answered,
    coalesce(bool_or(conversations.direction = 'inbound' and conversations.sentiment = 'positive'), false)
        as is_positive,
    any_value(outreaches.sent_at) as sent_at,
    min(conversations.received_at) filter (
        where conversations.direction = 'inbound' and conversations.received_at > outreaches.sent_at
    ) as first_reply_at,
    min(conversations.received_at) filter (
        where
            conversations.direction = 'inbound'
            and conversations.sentiment = 'positive'
            and conversations.received_at > outreaches.sent_at
    ) as first_positive_at,
    max(conversations.received_at) filter (where conversations.direction in ('inbound', 'outbound'))
        as last_message_at,
    arg_max(
        urgency(conversations.direction, conversations.sentiment),
        place_of(conversations.received_at, conversations.message_id)
    ) filter (where conversations.direction in ('inbound', 'outbound')) as last_urgency
from conversations
join outreaches using (outreach_id)
group by outreach_id, outreaches.source_rowid
