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
