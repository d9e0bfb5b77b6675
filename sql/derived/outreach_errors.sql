/*
row = "one outreach with an error, normalised"
kind = "tally"
reads = ["outreaches.channel", "outreaches.error_message", "outreaches.updated_at"]
count = "errors"
apart = "row_id"
*/
select
    channel,
    normalised_message(error_message) as message,
    updated_at as seen_at,
    coalesce(source_rowid, 0) as row_id
from outreaches
where is_message(error_message)
