/*
title = "Cost by model, 30 days"
page = "llm"
row = "one model called in the last 30 days, by cost descending"
reads = [
    "llm_usage.provider", "llm_usage.model", "llm_usage.prompt_tokens", "llm_usage.completion_tokens",
    "llm_usage.cost_usd", "llm_usage.called_at",
]
[columns]
model = { type = "text", help = "Model; none where it is unreadable" }
provider = { type = "text", help = "Provider that served most of its calls" }
calls = { type = "integer", unit = "calls", help = "Calls of the model" }
tokens = { type = "number", unit = "tokens", help = "Tokens sent and received" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
*/
with
models as (
    select
        model,
        count(*) as calls,
        exact_sum(prompt_tokens) + exact_sum(completion_tokens) as tokens,
        exact_sum(cost_usd) as cost_usd
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
    group by model
),
served as (
    select model, provider, count(*) as calls
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
    group by model, provider
),
main_providers as (
    select model, provider
    from served
    qualify row_number() over (partition by model order by calls desc, provider nulls last) = 1
)
select models.model, main_providers.provider, models.calls, models.tokens, models.cost_usd
from models
join main_providers on main_providers.model is not distinct from models.model
order by models.cost_usd desc, models.model nulls last
