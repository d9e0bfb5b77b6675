/*
title = "Model cost by day and stage, 30 days"
page = "llm"
row = "one day of the last 30 and one stage that called a model in them"
reads = ["llm_usage.stage", "llm_usage.cost_usd", "llm_usage.called_at"]
shape = { step = "fill_days", count = 30, by = ["stage"] }
[columns]
day = { type = "day", help = "Local day" }
stage = { type = "text", help = "Stage that made the calls; none where it is unreadable" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
*/
with
calls as (
    select local_day(called_at) as day, stage, cost_usd
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
)
select day, stage, exact_sum(cost_usd) as cost_usd
from calls
group by day, stage
order by day, stage nulls last
