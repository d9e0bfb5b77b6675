/*
label = "Model calls"
[columns]
call_id = { label = "Call", type = "integer" }
called_at = { label = "Called", type = "instant" }
stage = { label = "Stage", type = "text" }
provider = { label = "Provider", type = "text" }
model = { label = "Model", type = "text" }
prompt_tokens = { label = "Prompt tokens", type = "number", unit = "tokens" }
completion_tokens = { label = "Completion tokens", type = "number", unit = "tokens" }
cost_usd = { label = "Cost", type = "number", unit = "USD" }
site_id = { label = "Site", type = "integer", link = "site" }
domain = { label = "Domain", type = "text", contacts = true, lookup = "sites.domain", by = "site_id" }
request_id = { label = "Request", type = "text", long = true, source = "request_id" }
*/
select
    source_rowid,
    call_id,
    called_at,
    stage,
    provider,
    model,
    prompt_tokens,
    completion_tokens,
    cost_usd,
    site_id
from llm_usage
