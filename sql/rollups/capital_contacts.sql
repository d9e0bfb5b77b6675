/*
row = "one outreach whose contact has capital letters, which a search for small ones would pass over"
kind = "per_row"
reads = ["outreaches.outreach_id", "outreaches.site_id", "outreaches.contact"]
*/
select outreach_id, site_id, contact, source_rowid
from outreaches
where contact <> lower(contact)
