/*
title = "Replies that wait for an answer"
page = "conversations"
row = "all conversations"
reads = [
    "outreaches.outreach_id", "conversations.message_id", "conversations.outreach_id",
    "conversations.direction", "conversations.sentiment", "conversations.received_at",
]
rows_with = """
with
ahead as (
    select outreach_id
    from threads
    where last_message_at > run_now()
),
newest as (
    select source_rowid, last_message_at as received_at, last_urgency as urgency
    from threads
    where last_message_at <= run_now()
    union all
    select
        outreaches.source_rowid,
        max(conversations.received_at),
        arg_max(
            urgency(conversations.direction, conversations.sentiment),
            place_of(conversations.received_at, conversations.message_id)
        )
    from conversations
    join outreaches using (outreach_id)
    where
        outreach_id in (select outreach_id from ahead)
        and conversations.direction in ('inbound', 'outbound')
        and conversations.received_at <= run_now()
    group by outreaches.source_rowid
)"""
[columns]
waiting = { type = "integer", unit = "outreaches", help = "Outreaches whose newest message is inbound and not negative" }
waiting_positive = { type = "integer", unit = "outreaches", help = "Those of them whose newest message is positive" }
oldest_hours = { type = "number", unit = "h", help = "How long the oldest of those messages has waited" }
oldest_positive_hours = { type = "number", unit = "h", help = "How long the oldest positive one has waited" }
received_30d = { type = "integer", unit = "messages", help = "Inbound messages of the last 720 hours" }
answered_30d = { type = "integer", unit = "messages", help = "Those that an outbound message follows" }
median_answer_minutes = { type = "number", unit = "min", help = "Half of those were answered in no more time" }
[rows.waiting]
table = "outreaches"
select = """
select source_rowid
from newest
where urgency > 0"""
[rows.waiting_positive]
table = "outreaches"
select = """
select source_rowid
from newest
where urgency = 2"""
[rows.oldest_hours]
table = "outreaches"
select = """
select source_rowid
from newest
where urgency > 0
order by received_at, source_rowid
limit 1"""
counted = false
[rows.oldest_positive_hours]
table = "outreaches"
select = """
select source_rowid
from newest
where urgency = 2
order by received_at, source_rowid
limit 1"""
counted = false
[rows.received_30d]
table = "conversations"
where = """
direction = 'inbound' and received_at > run_now() - interval 720 hours and received_at <= run_now()
and outreach_id in (select outreach_id from threads)"""
[rows.answered_30d]
table = "conversations"
select = """
with
ahead as (
    select outreach_id
    from threads
    where last_message_at > run_now()
),
recent as (
    select
        source_rowid,
        direction,
        bool_or(direction = 'outbound') over (
            partition by outreach_id
            order by received_at, message_id
            groups between 1 following and unbounded following
        ) as is_answered
    from conversations
    where
        outreach_id in (select outreach_id from ahead)
        and direction in ('inbound', 'outbound')
        and received_at > run_now() - interval 720 hours and received_at <= run_now()
)
select source_rowid
from answers
anti join ahead using (outreach_id)
where
    received_at > run_now() - interval 720 hours and received_at <= run_now()
    and answered_at is not null
union all
select source_rowid
from recent
where direction = 'inbound' and is_answered"""
[rows.median_answer_minutes]
same_as = "answered_30d"
*/
with
-- The messages are read again only for a thread with a message later than now.
ahead as (
    select outreach_id
    from threads
    where last_message_at > run_now()
),
newest as (
    select last_message_at as received_at, last_urgency as urgency
    from threads
    where last_message_at <= run_now()
    union all
    select max(received_at), arg_max(urgency(direction, sentiment), place_of(received_at, message_id))
    from conversations
    where
        outreach_id in (select outreach_id from ahead)
        and direction in ('inbound', 'outbound')
        and received_at <= run_now()
    group by outreach_id
),
waiting as (
    select
        count(*) as waiting,
        count(*) filter (where urgency = 2) as waiting_positive,
        date_diff('second', min(received_at), run_now()) / 3600 as oldest_hours,
        date_diff('second', min(received_at) filter (where urgency = 2), run_now()) / 3600
            as oldest_positive_hours
    from newest
    where urgency > 0
),
-- In a thread with messages later than now, an answer may be later than now too.
recent as (
    select
        direction,
        received_at,
        min(received_at) filter (where direction = 'outbound') over (
            partition by outreach_id
            order by received_at, message_id
            groups between 1 following and unbounded following
        ) as answered_at
    from conversations
    where
        outreach_id in (select outreach_id from ahead)
        and direction in ('inbound', 'outbound')
        and received_at > run_now() - interval 720 hours
        and received_at <= run_now()
),
inbound as (
    select received_at, answered_at
    from answers
    anti join ahead using (outreach_id)
    where received_at > run_now() - interval 720 hours
    union all
    select received_at, answered_at
    from recent
    where direction = 'inbound'
),
counted as (
    select
        count(*) as received_30d,
        count(answered_at) as answered_30d,
        quantile_disc(date_diff('second', received_at, answered_at), 0.5) / 60 as median_answer_minutes
    from inbound
)
select
    waiting,
    waiting_positive,
    oldest_hours,
    oldest_positive_hours,
    received_30d,
    answered_30d,
    median_answer_minutes
from waiting
cross join counted
