/*
title = "LLM cost by model, 30 days"
page = "llm"
row = "one model called in the last 30 days, by cost descending"
ttl_minutes = 60
range = "30d"
filters = ["model", "provider", "stage"]
reads = [
    "llm_usage.provider", "llm_usage.model", "llm_usage.prompt_tokens", "llm_usage.completion_tokens",
    "llm_usage.cost_usd", "llm_usage.called_at",
]
page_groups = { by = "model", size = "cost_usd", keep = 8 }
[columns]
model = { type = "text", category = "model", help = "Model; none where it is unreadable" }
provider = { type = "text", help = "Provider that served most of its calls" }
calls = { type = "integer", unit = "calls", help = "Calls of the model" }
tokens = { type = "number", unit = "tokens", help = "Tokens sent and received" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
[rows.calls]
table = "llm_usage"
where = """
called_at >= range_start('30d') and called_at <= range_end() and model is not distinct from $model
and taken('provider', provider) and taken('stage', stage)"""
[rows.tokens]
same_as = "calls"
sum = ["prompt_tokens", "completion_tokens"]
[rows.cost_usd]
same_as = "calls"
sum = "cost_usd"
*/
with
served as (
    select
        model,
        provider,
        sum(calls) as calls,
        sum(prompt_tokens) as prompt_tokens,
        sum(completion_tokens) as completion_tokens,
        sum(cost_usd) as cost_usd,
        present_values(large_prompt_tokens) as large_prompt_tokens,
        present_values(large_completion_tokens) as large_completion_tokens,
        present_values(large_cost_usd) as large_cost_usd
    from llm_calls_between(range_start('30d'), range_end())
    where taken('model', model) and taken('provider', provider) and taken('stage', stage)
    group by model, provider
    having sum(calls) > 0
),
models as (
    select
        model,
        -- Structs compare field by field: the minimum has the most calls, then the first name, null last.
        min({ 'rank': -calls, 'is_unnamed': provider is null, 'provider': provider }) as main,
        cast(sum(calls) as bigint) as calls,
        sum_of_listed_parts(prompt_tokens, large_prompt_tokens)
        + sum_of_listed_parts(completion_tokens, large_completion_tokens) as tokens,
        sum_of_listed_parts(cost_usd, large_cost_usd) as cost_usd
    from served
    group by model
)
select model, main.provider as provider, calls, tokens, cost_usd
from models
order by cost_usd desc, model nulls last
