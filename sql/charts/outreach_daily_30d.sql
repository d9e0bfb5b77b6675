/*
title = "Outreach messages sent by day, 30 days"
page = "outreach"
row = "one day of the last 30 and one channel used in them"
ttl_minutes = 60
range = "30d"
filters = ["channel"]
reads = ["outreaches.channel", "outreaches.sent_at"]
shape = { step = "fill_days", count = 30, by = ["channel"] }
page_groups = { by = "channel", size = "sent", keep = 8 }
[columns]
day = { type = "day", help = "Local day" }
channel = { type = "text", category = "channel", help = "Contact method; none where it is unreadable" }
sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
[rows.sent]
table = "outreaches"
where = """
sent_at >= range_start('30d') and sent_at <= range_end() and is_on(sent_at, $day)
and channel is not distinct from $channel"""
*/
select local_day(sent_at) as day, channel, cast(sum(outreaches) as bigint) as sent
from outreaches_sent_between(range_start('30d'), range_end())
where taken('channel', channel)
group by day, channel
having sum(outreaches) > 0
order by day, channel nulls last
