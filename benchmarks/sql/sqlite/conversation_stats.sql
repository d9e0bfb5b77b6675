with
messages as (
    select
        count(*) filter (where direction = 'inbound') as inbound,
        count(*) filter (where direction = 'outbound') as outbound,
        count(*) filter (where direction = 'inbound' and read_at is null) as unread,
        count(*) filter (where direction = 'inbound' and sentiment = 'positive') as positive,
        count(*) filter (where direction = 'inbound' and sentiment = 'neutral') as neutral,
        count(*) filter (where direction = 'inbound' and sentiment = 'objection') as objection,
        count(*) filter (where direction = 'inbound' and sentiment = 'negative') as negative,
        count(*) filter (
            where direction = 'inbound'
            and coalesce(sentiment not in ('positive', 'neutral', 'objection', 'negative'), 1)
        ) as unclassified,
        count(*) filter (
            where direction = 'inbound'
            and replace(substr(received_at, 1, 19), 'T', ' ') > :ago_24h
            and replace(substr(received_at, 1, 19), 'T', ' ') <= :now
        ) as inbound_24h
    from conversations
),
threads as (
    select
        conversations.outreach_id,
        min(
            strftime('%s', substr(conversations.received_at, 1, 19))
            - strftime('%s', substr(outreaches.sent_at, 1, 19))
        ) filter (
            where conversations.direction = 'inbound'
            and replace(substr(conversations.received_at, 1, 19), 'T', ' ')
                > replace(substr(outreaches.sent_at, 1, 19), 'T', ' ')
            and replace(substr(conversations.received_at, 1, 19), 'T', ' ') <= :now
        ) as reply_s
    from conversations
    join outreaches on outreaches.id = conversations.outreach_id
    group by conversations.outreach_id
),
ranked as (
    select reply_s, row_number() over (order by reply_s) as place, count(*) over () as replies
    from threads
    where reply_s is not null
)
select
    (select count(*) from threads) as conversations,
    inbound,
    outbound,
    unread,
    positive,
    neutral,
    objection,
    negative,
    unclassified,
    inbound_24h,
    (
        select avg(reply_s) / 60
        from ranked
        where place in ((replies + 1) / 2, (replies + 2) / 2)
    ) as median_reply_minutes
from messages
