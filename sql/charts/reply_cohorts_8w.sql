/*
title = "Replies by week of sending, 8 weeks"
page = "outreach"
row = "one week of the last 8 and one channel used in it"
ttl_minutes = 60
range = "8w"
filters = ["channel"]
reads = [
    "outreaches.outreach_id", "outreaches.channel", "outreaches.sent_at", "conversations.outreach_id",
    "conversations.direction", "conversations.sentiment", "conversations.received_at",
]
page_groups = { by = "channel", size = "sent", keep = 8, rates = { reply_rate = ["replied_7d", "sent"] } }
[columns]
week = { type = "day", help = "Monday of the local week" }
channel = { type = "text", category = "channel", help = "Contact method; none where it is unreadable" }
sent = { type = "integer", unit = "outreaches", help = "Outreaches sent in the week" }
replied_7d = { type = "integer", unit = "outreaches", help = "Those with a reply within 168 hours of sending" }
positive_7d = { type = "integer", unit = "outreaches", help = "Those with a positive reply within 168 hours" }
mature = { type = "boolean", help = "Whether all of the week had 168 hours to reply" }
reply_rate = { type = "number", unit = "fraction", help = "Replied, over sent, once the week is mature" }
[rows.sent]
table = "outreaches"
where = """
sent_at >= range_start('8w') and sent_at <= range_end() and date_trunc('week', local_day(sent_at)) = $week
and channel is not distinct from $channel"""
[rows.replied_7d]
table = "outreaches"
select = """
select source_rowid
from threads
where
    sent_at >= range_start('8w') and sent_at <= range_end() and date_trunc('week', local_day(sent_at)) = $week
    and channel is not distinct from $channel
    and first_reply_at <= sent_at + interval 168 hours and first_reply_at <= run_now()"""
[rows.positive_7d]
table = "outreaches"
select = """
select source_rowid
from threads
where
    sent_at >= range_start('8w') and sent_at <= range_end() and date_trunc('week', local_day(sent_at)) = $week
    and channel is not distinct from $channel
    and first_positive_at <= sent_at + interval 168 hours and first_positive_at <= run_now()"""
[rows.reply_rate]
same_as = "replied_7d"
*/
with
today as (
    select local_day(run_now()) as today
),
sent as (
    select
        cast(date_trunc('week', local_day(sent_at)) as date) as week,
        channel,
        cast(sum(outreaches) as bigint) as sent
    from outreaches_sent_between(range_start('8w'), range_end())
    where taken('channel', channel)
    group by 1, 2
    having sum(outreaches) > 0
),
replied as (
    select
        cast(date_trunc('week', local_day(sent_at)) as date) as week,
        channel,
        count(*) as replied_7d,
        count(*) filter (
            where first_positive_at <= sent_at + interval 168 hours and first_positive_at <= run_now()
        ) as positive_7d
    from threads
    where
        sent_at >= range_start('8w')
        and sent_at <= range_end()
        and taken('channel', channel)
        and first_reply_at <= sent_at + interval 168 hours
        and first_reply_at <= run_now()
    group by 1, 2
),
cohorts as (
    select
        sent.week,
        sent.channel,
        sent.sent,
        coalesce(replied.replied_7d, 0) as replied_7d,
        coalesce(replied.positive_7d, 0) as positive_7d
    from sent
    left join replied on replied.week = sent.week and replied.channel is not distinct from sent.channel
),
-- A week ends at the midnight after its Sunday, unless that is in the future. If that is more days ago than
-- days_start knows, the week had its 168 hours.
aged as (
    select
        cohorts.*,
        case
            when week + 7 <= today
                then coalesce(
                    days_start(date_diff('day', week + 7, today) + 1) + interval 168 hours <= run_now(),
                    true
                )
            else false
        end as mature
    from cohorts
    cross join today
)
select
    week,
    channel,
    sent,
    replied_7d,
    positive_7d,
    mature,
    case when mature then replied_7d / sent end as reply_rate
from aged
order by week, channel nulls last
