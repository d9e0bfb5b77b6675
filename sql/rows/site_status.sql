/*
label = "Stage entries"
[columns]
entry_id = { label = "Entry", type = "integer" }
entered_at = { label = "Entered", type = "instant" }
status = { label = "Stage", type = "text" }
site_id = { label = "Site", type = "integer", link = "site" }
domain = { label = "Domain", type = "text", contacts = true, lookup = "sites.domain", by = "site_id" }
*/
select
    source_rowid,
    entry_id,
    entered_at,
    status,
    site_id
from site_status
