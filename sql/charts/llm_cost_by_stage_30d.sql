/*
title = "LLM cost by day and stage, 30 days"
page = "llm"
row = "one day of the last 30 and one stage that called a model in them"
ttl_minutes = 60
range = "30d"
filters = ["model", "provider", "stage"]
reads = ["llm_usage.stage", "llm_usage.cost_usd", "llm_usage.called_at"]
shape = { step = "fill_days", count = 30, by = ["stage"] }
page_groups = { by = "stage", size = "cost_usd", keep = 8 }
[columns]
day = { type = "day", help = "Local day" }
stage = { type = "text", category = "llm_stage", help = "Stage that made the calls; none where it is unreadable" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
[rows.cost_usd]
table = "llm_usage"
where = """
called_at >= range_start('30d') and called_at <= range_end() and is_on(called_at, $day)
and stage is not distinct from $stage and taken('model', model) and taken('provider', provider)"""
sum = "cost_usd"
*/
select local_day(called_at) as day, stage, sum_of_parts(cost_usd, large_cost_usd) as cost_usd
from llm_calls_between(range_start('30d'), range_end())
where taken('model', model) and taken('provider', provider) and taken('stage', stage)
group by day, stage
having sum(calls) > 0
order by day, stage nulls last
