/*
title = "Outreaches sent by day, 30 days"
page = "outreach"
row = "one day of the last 30 and one channel used in them"
reads = ["outreaches.channel", "outreaches.sent_at"]
shape = { step = "fill_days", count = 30, by = ["channel"] }
[columns]
day = { type = "day", help = "Local day" }
channel = { type = "text", help = "Contact method; none where it is unreadable" }
sent = { type = "integer", unit = "outreaches", help = "Outreaches sent" }
*/
with
sent as (
    select local_day(sent_at) as day, channel
    from outreaches
    where sent_at >= days_start(30) and sent_at <= run_now()
)
select day, channel, count(*) as sent
from sent
group by day, channel
order by day, channel nulls last
