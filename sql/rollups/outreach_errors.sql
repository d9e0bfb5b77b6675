/*
row = "one outreach with an error, normalised"
kind = "per_row"
reads = ["outreaches.outreach_id", "outreaches.channel", "outreaches.error_message", "outreaches.updated_at"]
*/
select
    channel,
    normalised_message(error_message) as message,
    normalised_message(cleaned_message(error_message)) as group_message,
    error_message,
    outreach_id,
    updated_at as seen_at,
    source_rowid
from outreaches
where is_message(error_message)
