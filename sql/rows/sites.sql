/*
label = "Sites"
[columns]
site_id = { label = "Site", type = "integer", link = "site" }
domain = { label = "Domain", type = "text", contacts = true }
stage = { label = "Stage", type = "text" }
country = { label = "Country", type = "text" }
keyword = { label = "Keyword", type = "text" }
score = { label = "Score", type = "number" }
grade = { label = "Grade", type = "text" }
http_status = { label = "HTTP status", type = "integer" }
error_message = { label = "Error", type = "text", contacts = true, long = true, link = "error" }
created_at = { label = "Found", type = "instant" }
updated_at = { label = "Updated", type = "instant" }
landing_page = { label = "Landing page", type = "text", contacts = true, long = true, source = "landing_page_url" }
*/
select
    source_rowid,
    site_id,
    domain,
    stage,
    country,
    keyword,
    score,
    grade,
    http_status,
    error_message,
    created_at,
    updated_at
from sites
