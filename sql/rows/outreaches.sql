/*
label = "Outreach messages"
[columns]
outreach_id = { label = "Message", type = "integer" }
site_id = { label = "Site", type = "integer", link = "site" }
domain = { label = "Domain", type = "text", contacts = true, lookup = "sites.domain", by = "site_id" }
channel = { label = "Channel", type = "text" }
contact = { label = "Contact", type = "text", contacts = true }
status = { label = "Status", type = "text" }
sent_at = { label = "Sent", type = "instant" }
delivered_at = { label = "Delivered", type = "instant" }
error_message = { label = "Error", type = "text", contacts = true, long = true, link = "error" }
created_at = { label = "Proposed", type = "instant" }
updated_at = { label = "Updated", type = "instant" }
subject = { label = "Subject", type = "text", contacts = true, long = true, source = "subject_line" }
proposal = { label = "Text", type = "text", contacts = true, long = true, source = "proposal_text" }
*/
select
    source_rowid,
    outreach_id,
    site_id,
    channel,
    contact,
    status,
    sent_at,
    delivered_at,
    error_message,
    created_at,
    updated_at
from outreaches
