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
