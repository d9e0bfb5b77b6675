/*
title = "Outreach messages by step"
page = "outreach"
row = "one step of an outreach: proposed, approved, sent, delivered, replied"
filters = ["channel"]
reads = [
    "outreaches.outreach_id", "outreaches.status", "outreaches.sent_at", "outreaches.delivered_at",
    "conversations.outreach_id", "conversations.direction",
]
optional = ["conversations"]
[columns]
stage = { type = "text", help = "Step of an outreach" }
outreaches = { type = "integer", unit = "outreaches", help = "Outreaches that got this far" }
step_rate = { type = "number", unit = "fraction", help = "Outreaches, over those of the step before" }
[[rows.outreaches]]
when = { stage = ["proposed", "approved", "sent", "delivered"] }
table = "outreaches"
where = """
taken('channel', channel) and case $stage
    when 'proposed' then true
    when 'approved' then status is distinct from 'pending'
    when 'sent' then is_sent_outreach(status, sent_at)
    when 'delivered' then is_delivered_outreach(status, delivered_at)
end"""
[[rows.outreaches]]
when = { stage = "replied" }
table = "outreaches"
select = """
select source_rowid
from threads
where is_sent and is_answered and taken('channel', channel)"""
[rows.step_rate]
same_as = "outreaches"
*/
with
counted as (
    select
        coalesce(sum(outreaches), 0) as proposed,
        coalesce(sum(outreaches) filter (where is_approved), 0) as approved,
        coalesce(sum(outreaches) filter (where is_sent), 0) as sent,
        coalesce(sum(outreaches) filter (where is_delivered), 0) as delivered
    from outreach_states
    where taken('channel', channel)
),
answered as (
    select case when has_table('conversations') then count(*) end as replied
    from threads
    where is_sent and is_answered and taken('channel', channel)
),
steps as (
    select 1 as position, 'proposed' as stage, proposed as outreaches from counted
    union all
    select 2, 'approved', approved from counted
    union all
    select 3, 'sent', sent from counted
    union all
    select 4, 'delivered', delivered from counted
    union all
    select 5, 'replied', replied from answered
)
select
    stage,
    cast(outreaches as bigint) as outreaches,
    outreaches / nullif(lag(outreaches) over (order by position), 0) as step_rate
from steps
order by position
