/*
row = "the outreaches of one channel that have come equally far"
kind = "aggregate"
reads = ["outreaches.channel", "outreaches.status", "outreaches.sent_at", "outreaches.delivered_at"]
count = "outreaches"
*/
select
    channel,
    status is distinct from 'pending' as is_approved,
    coalesce(status = 'failed', false) as is_failed,
    is_sent_outreach(status, sent_at) as is_sent,
    is_delivered_outreach(status, delivered_at) as is_delivered
from outreaches
