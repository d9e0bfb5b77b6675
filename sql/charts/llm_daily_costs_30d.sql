/*
title = "LLM calls and cost by day, 30 days"
page = "llm"
row = "one day of the last 30"
ttl_minutes = 60
range = "30d"
filters = ["model", "provider", "stage"]
reads = [
    "llm_usage.prompt_tokens", "llm_usage.completion_tokens", "llm_usage.cost_usd", "llm_usage.called_at",
]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day", help = "Local day" }
calls = { type = "integer", unit = "calls", help = "Calls of a model" }
tokens = { type = "number", unit = "tokens", help = "Tokens sent and received" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
[rows.calls]
table = "llm_usage"
where = """
called_at >= range_start('30d') and called_at <= range_end() and is_on(called_at, $day)
and taken('model', model) and taken('provider', provider) and taken('stage', stage)"""
[rows.tokens]
same_as = "calls"
sum = ["prompt_tokens", "completion_tokens"]
[rows.cost_usd]
same_as = "calls"
sum = "cost_usd"
*/
select
    local_day(called_at) as day,
    cast(sum(calls) as bigint) as calls,
    sum_of_parts(prompt_tokens, large_prompt_tokens)
    + sum_of_parts(completion_tokens, large_completion_tokens) as tokens,
    sum_of_parts(cost_usd, large_cost_usd) as cost_usd
from llm_calls_between(range_start('30d'), range_end())
where taken('model', model) and taken('provider', provider) and taken('stage', stage)
group by day
order by day
