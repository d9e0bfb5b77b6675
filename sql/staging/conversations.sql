/*
row = "one message in or out, in answer to an outreach"
key = "message_id"
sync = "append"
mutable_where = ["direction = 'inbound' and not is_read", "direction = 'inbound' and sentiment is null"]
final_when = ["read_at", "sentiment"]
*/
select
    read_id(id) as message_id,
    read_id(outreach_id) as outreach_id,
    read_label(direction) as direction,
    read_label(channel) as channel,
    read_label(sentiment) as sentiment,
    read_instant(received_at) as received_at,
    read_instant(read_at) as read_at,
    is_present(read_at) as is_read
from source.conversations
