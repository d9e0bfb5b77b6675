/*
row = "one site with an error, normalised"
kind = "per_row"
reads = ["sites.site_id", "sites.stage", "sites.error_message", "sites.updated_at"]
*/
select
    stage,
    normalised_message(error_message) as message,
    normalised_message(cleaned_message(error_message)) as group_message,
    error_message,
    site_id,
    updated_at as seen_at,
    source_rowid
from sites
where is_message(error_message)
