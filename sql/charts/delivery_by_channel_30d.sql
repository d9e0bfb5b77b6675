/*
title = "Delivery by channel, 30 days"
page = "outreach"
row = "one contact method used in the last 30 days, by outreaches sent descending"
ttl_minutes = 60
range = "30d"
filters = ["channel"]
reads = ["outreaches.channel", "outreaches.status", "outreaches.sent_at", "outreaches.delivered_at"]
page_groups = { by = "channel", size = "sent", keep = 8, rates = { bounce_rate = ["bounced", "sent"] } }
[columns]
channel = { type = "text", category = "channel", help = "Contact method; none where it is unreadable" }
sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
confirmed = { type = "integer", unit = "outreaches", help = "Those delivered that neither bounced nor failed" }
bounced = { type = "integer", unit = "outreaches", help = "Those that bounced" }
failed = { type = "integer", unit = "outreaches", help = "Those that failed" }
unconfirmed = { type = "integer", unit = "outreaches", help = "The rest: no word of them yet" }
bounce_rate = { type = "number", unit = "fraction", help = "Bounced, over sent" }
[rows.sent]
table = "outreaches"
where = "sent_at >= range_start('30d') and sent_at <= range_end() and channel is not distinct from $channel"
[rows.confirmed]
table = "outreaches"
where = """
sent_at >= range_start('30d') and sent_at <= range_end() and channel is not distinct from $channel
and is_delivered_outreach(status, delivered_at) and coalesce(status not in ('bounced', 'failed'), true)"""
[rows.bounced]
table = "outreaches"
where = """
sent_at >= range_start('30d') and sent_at <= range_end() and channel is not distinct from $channel
and status = 'bounced'"""
[rows.failed]
table = "outreaches"
where = """
sent_at >= range_start('30d') and sent_at <= range_end() and channel is not distinct from $channel
and status = 'failed'"""
[rows.unconfirmed]
table = "outreaches"
where = """
sent_at >= range_start('30d') and sent_at <= range_end() and channel is not distinct from $channel
and not is_delivered_outreach(status, delivered_at) and coalesce(status not in ('bounced', 'failed'), true)"""
[rows.bounce_rate]
same_as = "bounced"
*/
with
counted as (
    select
        channel,
        count(*) as sent,
        count(*) filter (
            where is_delivered_outreach(status, delivered_at)
            and coalesce(status not in ('bounced', 'failed'), true)
        ) as confirmed,
        count(*) filter (where status = 'bounced') as bounced,
        count(*) filter (where status = 'failed') as failed
    from outreaches
    where sent_at >= range_start('30d') and sent_at <= range_end() and taken('channel', channel)
    group by channel
)
select
    channel,
    sent,
    confirmed,
    bounced,
    failed,
    sent - confirmed - bounced - failed as unconfirmed,
    bounced / sent as bounce_rate
from counted
order by sent desc, channel nulls last
