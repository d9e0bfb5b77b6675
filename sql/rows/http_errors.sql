/*
label = "Failed requests"
[columns]
error_id = { label = "Request", type = "integer" }
occurred_at = { label = "Time", type = "instant" }
status_code = { label = "HTTP status", type = "integer", help = "None where there was no response" }
site_id = { label = "Site", type = "integer", link = "site" }
domain = { label = "Domain", type = "text", contacts = true, lookup = "sites.domain", by = "site_id" }
url = { label = "Address", type = "text", contacts = true, long = true, source = "url" }
message = { label = "Error", type = "text", contacts = true, long = true, source = "message" }
*/
select
    source_rowid,
    error_id,
    occurred_at,
    status_code,
    site_id
from http_errors
