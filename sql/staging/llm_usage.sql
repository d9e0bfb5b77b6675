/*
row = "one call of a language model"
key = "call_id"
sync = "append"
*/
select
    read_id(id) as call_id,
    read_id(site_id) as site_id,
    read_label(stage) as stage,
    read_label(provider) as provider,
    read_label(model) as model,
    read_number(prompt_tokens) as prompt_tokens,
    read_number(completion_tokens) as completion_tokens,
    read_number(estimated_cost) as cost_usd,
    read_instant(created_at) as called_at
from source.llm_usage
