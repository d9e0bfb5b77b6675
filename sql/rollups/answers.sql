/*
row = "one inbound message of a known outreach, with the first outbound message after it"
kind = "per_key"
key = "outreach_id"
reads = [
    "outreaches.outreach_id", "conversations.message_id", "conversations.outreach_id",
    "conversations.direction", "conversations.received_at",
]
*/
with
messages as (
    select
        outreach_id,
        source_rowid,
        direction,
        received_at,
        min(received_at) filter (where direction = 'outbound') over (
            partition by outreach_id
            order by received_at, message_id
            groups between 1 following and unbounded following
        ) as answered_at
    from conversations
    semi join outreaches using (outreach_id)
    where direction in ('inbound', 'outbound') and received_at is not null
)
select outreach_id, source_rowid, received_at, answered_at
from messages
where direction = 'inbound'
