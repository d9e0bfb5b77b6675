/*
row = "one site with an error, normalised"
kind = "rows"
reads = ["sites.stage", "sites.error_message", "sites.updated_at"]
*/
select
    stage,
    normalised_message(error_message) as message,
    updated_at as seen_at,
    source_rowid
from sites
where is_message(error_message)
