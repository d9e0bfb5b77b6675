/*
row = "one outreach whose contact has capital letters, which a search for small ones would pass over"
kind = "per_row"
reads = ["outreaches.outreach_id", "outreaches.site_id", "outreaches.contact", "outreaches.channel"]
*/
select outreach_id, site_id, channel, contact, source_rowid
from outreaches
where contact <> lower(contact)
