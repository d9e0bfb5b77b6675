/*
row = "one site with an error, normalised"
kind = "tally"
reads = ["sites.stage", "sites.error_message", "sites.updated_at"]
count = "errors"
apart = "row_id"
*/
select
    stage,
    normalised_message(error_message) as message,
    updated_at as seen_at,
    coalesce(source_rowid, 0) as row_id
from sites
where is_message(error_message)
