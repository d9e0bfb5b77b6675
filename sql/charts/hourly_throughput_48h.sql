/*
title = "Throughput by hour, 48 hours"
page = "overview"
row = "one hour of the last 48"
range = "48h"
reads = [
    "site_status.site_id", "site_status.entered_at", "outreaches.sent_at", "conversations.direction",
    "conversations.received_at",
]
optional = ["site_status", "outreaches", "conversations"]
shape = { step = "fill_hours", count = 48 }
[columns]
hour = { type = "instant", help = "Start of the hour" }
sites = { type = "integer", unit = "sites", help = "Sites that entered a status" }
outreaches_sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
replies = { type = "integer", unit = "messages", help = "Inbound messages" }
# Of each site its latest entry in the hour.
[rows.sites]
table = "site_status"
select = """
select max_by(source_rowid, place_of(entered_at, entry_id)) as source_rowid
from site_status
where
    site_id is not null
    and entered_at >= range_start('48h') and entered_at <= range_end() and local_hour(entered_at) = $hour
group by site_id"""
[rows.outreaches_sent]
table = "outreaches"
where = "sent_at >= range_start('48h') and sent_at <= range_end() and local_hour(sent_at) = $hour"
[rows.replies]
table = "conversations"
where = """
direction = 'inbound' and received_at >= range_start('48h') and received_at <= range_end()
and local_hour(received_at) = $hour"""
*/
with
entered as (
    select local_hour(entered_at) as hour, count(distinct site_id) as sites
    from site_status
    where entered_at >= range_start('48h') and entered_at <= range_end()
    group by 1
),
sent as (
    select local_hour(sent_at) as hour, cast(sum(outreaches) as bigint) as outreaches_sent
    from outreaches_sent_between(range_start('48h'), range_end())
    group by 1
    having sum(outreaches) > 0
),
received as (
    select local_hour(received_at) as hour, count(*) as replies
    from conversations
    where direction = 'inbound' and received_at >= range_start('48h') and received_at <= range_end()
    group by 1
)
select
    hour,
    coalesce(sites, 0) as sites,
    coalesce(outreaches_sent, 0) as outreaches_sent,
    coalesce(replies, 0) as replies
from entered
full join sent using (hour)
full join received using (hour)
order by hour
