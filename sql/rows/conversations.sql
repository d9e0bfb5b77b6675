/*
label = "Messages"
[columns]
message_id = { label = "Message", type = "integer" }
received_at = { label = "Time", type = "instant" }
direction = { label = "Direction", type = "text" }
channel = { label = "Channel", type = "text" }
sentiment = { label = "Sentiment", type = "text" }
is_read = { label = "Read", type = "boolean", help = "Whether it has been read, for inbound messages" }
read_at = { label = "Read at", type = "instant" }
outreach_id = { label = "Outreach message", type = "integer" }
site_id = { label = "Site", type = "integer", link = "site", lookup = "outreaches.site_id", by = "outreach_id" }
contact = { label = "Contact", type = "text", contacts = true, lookup = "outreaches.contact", by = "outreach_id" }
message = { label = "Text", type = "text", contacts = true, long = true, source = "message_body" }
*/
select
    source_rowid,
    message_id,
    received_at,
    direction,
    channel,
    sentiment,
    is_read,
    read_at,
    outreach_id
from conversations
