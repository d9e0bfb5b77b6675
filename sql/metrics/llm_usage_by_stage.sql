/*
title = "LLM calls and cost by stage, 30 days"
page = "llm"
row = "one stage that called a model in the last 30 days, by cost descending"
ttl_minutes = 60
range = "30d"
filters = ["model", "provider", "stage"]
reads = [
    "llm_usage.stage", "llm_usage.prompt_tokens", "llm_usage.completion_tokens", "llm_usage.cost_usd",
    "llm_usage.called_at",
]
page_rows = 50
[columns]
stage = { type = "text", help = "Stage that made the calls; none where it is unreadable" }
calls = { type = "integer", unit = "calls", help = "Calls of a model" }
prompt_tokens = { type = "number", unit = "tokens", help = "Tokens sent" }
completion_tokens = { type = "number", unit = "tokens", help = "Tokens received" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
cost_per_call_usd = { type = "number", unit = "USD", help = "Cost, over calls" }
[rows.calls]
table = "llm_usage"
where = """
called_at >= range_start('30d') and called_at <= range_end() and stage is not distinct from $stage
and taken('model', model) and taken('provider', provider)"""
[rows.prompt_tokens]
same_as = "calls"
sum = "prompt_tokens"
[rows.completion_tokens]
same_as = "calls"
sum = "completion_tokens"
[rows.cost_usd]
same_as = "calls"
sum = "cost_usd"
[rows.cost_per_call_usd]
same_as = "calls"
*/
with
by_stage as (
    select
        stage,
        cast(sum(calls) as bigint) as calls,
        sum_of_parts(prompt_tokens, large_prompt_tokens) as prompt_tokens,
        sum_of_parts(completion_tokens, large_completion_tokens) as completion_tokens,
        sum_of_parts(cost_usd, large_cost_usd) as cost_usd
    from llm_calls_between(range_start('30d'), range_end())
    where taken('model', model) and taken('provider', provider) and taken('stage', stage)
    group by stage
    having sum(calls) > 0
)
select stage, calls, prompt_tokens, completion_tokens, cost_usd, cost_usd / calls as cost_per_call_usd
from by_stage
order by cost_usd desc, stage nulls last
