/*
title = "Replies that wait for an answer"
page = "conversations"
row = "all conversations"
reads = [
    "outreaches.outreach_id", "conversations.message_id", "conversations.outreach_id",
    "conversations.direction", "conversations.sentiment", "conversations.received_at",
]
[columns]
waiting = { type = "integer", unit = "outreaches", help = "Outreaches whose newest message is inbound and not negative" }
waiting_positive = { type = "integer", unit = "outreaches", help = "Those of them whose newest message is positive" }
oldest_hours = { type = "number", unit = "h", help = "How long the oldest of those messages has waited" }
oldest_positive_hours = { type = "number", unit = "h", help = "How long the oldest positive one has waited" }
received_30d = { type = "integer", unit = "messages", help = "Inbound messages of the last 720 hours" }
answered_30d = { type = "integer", unit = "messages", help = "Those that an outbound message follows" }
median_answer_minutes = { type = "number", unit = "min", help = "Half of those were answered in no more time" }
*/
with
messages as (
    select outreach_id, direction, sentiment, received_at, place_of(received_at, message_id) as place
    from conversations
    where direction in ('inbound', 'outbound') and received_at <= run_now()
),
-- Outreaches that are unknown have no thread.
newest as (
    select
        outreach_id,
        max(received_at) as received_at,
        arg_max(
            case
                when direction = 'outbound' or sentiment = 'negative' then 0
                when sentiment = 'positive' then 2
                else 1
            end,
            place
        ) as urgency
    from messages
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
    semi join threads using (outreach_id)
    where urgency > 0
),
-- An answer is later than its message, so that all of both lie in the window.
recent as (
    select
        direction,
        received_at,
        min(received_at) filter (where direction = 'outbound') over (
            partition by outreach_id order by place groups between 1 following and unbounded following
        ) as answered_at
    from messages
    semi join threads using (outreach_id)
    where received_at > run_now() - interval 720 hours
),
answers as (
    select
        count(*) as received_30d,
        count(answered_at) as answered_30d,
        quantile_disc(date_diff('second', received_at, answered_at), 0.5) / 60 as median_answer_minutes
    from recent
    where direction = 'inbound'
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
cross join answers
