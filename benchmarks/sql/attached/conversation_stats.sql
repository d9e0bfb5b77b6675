with
messages as (
    select
        count(*) filter (where direction = 'inbound') as inbound,
        count(*) filter (where direction = 'outbound') as outbound,
        count(*) filter (where direction = 'inbound' and not is_read) as unread,
        count(*) filter (where direction = 'inbound' and sentiment = 'positive') as positive,
        count(*) filter (where direction = 'inbound' and sentiment = 'neutral') as neutral,
        count(*) filter (where direction = 'inbound' and sentiment = 'objection') as objection,
        count(*) filter (where direction = 'inbound' and sentiment = 'negative') as negative,
        count(*) filter (
            where direction = 'inbound'
            and coalesce(sentiment not in ('positive', 'neutral', 'objection', 'negative'), true)
        ) as unclassified,
        count(*) filter (
            where direction = 'inbound'
            and received_at > run_now() - interval 24 hours
            and received_at <= run_now()
        ) as inbound_24h
    from conversations
),
threads as (
    select
        outreach_id,
        min(date_diff('second', outreaches.sent_at, conversations.received_at)) filter (
            where conversations.direction = 'inbound'
            and conversations.received_at > outreaches.sent_at
            and conversations.received_at <= run_now()
        ) as reply_s
    from conversations
    join outreaches using (outreach_id)
    group by outreach_id
),
-- The median is taken of whole seconds, so that the mean of the middle two is exact.
replies as (
    select count(*) as conversations, median(reply_s) / 60 as median_reply_minutes
    from threads
)
select
    replies.conversations,
    messages.inbound,
    messages.outbound,
    messages.unread,
    messages.positive,
    messages.neutral,
    messages.objection,
    messages.negative,
    messages.unclassified,
    messages.inbound_24h,
    replies.median_reply_minutes
from messages
cross join replies
