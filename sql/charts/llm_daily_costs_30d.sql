/*
title = "Model calls and cost by day, 30 days"
page = "llm"
row = "one day of the last 30"
reads = [
    "llm_usage.prompt_tokens", "llm_usage.completion_tokens", "llm_usage.cost_usd", "llm_usage.called_at",
]
shape = { step = "fill_days", count = 30 }
[columns]
day = { type = "day", help = "Local day" }
calls = { type = "integer", unit = "calls", help = "Calls of a model" }
tokens = { type = "number", unit = "tokens", help = "Tokens sent and received" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
*/
with
calls as (
    select local_day(called_at) as day, prompt_tokens, completion_tokens, cost_usd
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
)
select
    day,
    count(*) as calls,
    exact_sum(prompt_tokens) + exact_sum(completion_tokens) as tokens,
    exact_sum(cost_usd) as cost_usd
from calls
group by day
order by day
