/*
title = "LLM cost by model, 7 days"
page = "overview"
row = "one model called in the window or in the period before it, by cost descending"
ttl_minutes = 60
range = "7d"
filters = ["model", "provider", "stage"]
reads = ["llm_usage.model", "llm_usage.cost_usd", "llm_usage.called_at"]
page_groups = { by = "model", size = "cost_usd", keep = 6 }
[columns]
model = { type = "text", category = "model", help = "Model; none where it is unreadable" }
calls = { type = "integer", unit = "calls", help = "Calls of the model" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
previous_cost_usd = { type = "number", unit = "USD", help = "In the period before" }
has_history = { type = "boolean", help = "Whether five calls are older than the period before" }
[rows.calls]
table = "llm_usage"
where = """
called_at >= range_start('7d') and called_at <= range_end() and model is not distinct from $model
and taken('provider', provider) and taken('stage', stage)"""
[rows.cost_usd]
same_as = "calls"
sum = "cost_usd"
[rows.previous_cost_usd]
table = "llm_usage"
where = """
called_at >= before_start('7d') and called_at <= before_end('7d') and model is not distinct from $model
and taken('provider', provider) and taken('stage', stage)"""
sum = "cost_usd"
*/
with
served as (
    select model, sum(calls) as calls, sum_of_parts(cost_usd, large_cost_usd) as cost_usd
    from llm_calls_between(range_start('7d'), range_end())
    where taken('model', model) and taken('provider', provider) and taken('stage', stage)
    group by model
    having sum(calls) > 0
),
served_before as (
    select model, sum_of_parts(cost_usd, large_cost_usd) as previous_cost_usd
    from llm_calls_between(before_start('7d'), before_end('7d'))
    where taken('model', model) and taken('provider', provider) and taken('stage', stage)
    group by model
    having sum(calls) > 0
),
-- A history is long enough if five calls are before both periods.
history as (
    select coalesce(sum(calls), 0) >= 5 as is_long
    from llm_calls_between(timestamp '1970-01-01', before_start('7d') - interval 1 second)
)
select
    coalesce(served.model, served_before.model) as model,
    cast(coalesce(served.calls, 0) as bigint) as calls,
    coalesce(served.cost_usd, 0) as cost_usd,
    coalesce(served_before.previous_cost_usd, 0) as previous_cost_usd,
    history.is_long as has_history
from served
full join served_before on served.model is not distinct from served_before.model
cross join history
order by cost_usd desc, previous_cost_usd desc, model nulls last
