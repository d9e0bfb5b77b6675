/*
row = "the outreaches of one channel sent within one quarter of an hour"
kind = "aggregate"
reads = ["outreaches.channel", "outreaches.sent_at"]
count = "outreaches"
time = "sent_at"
*/
select quarter(sent_at) as sent_at, channel
from outreaches
where sent_at is not null
