with
by_stage as (
    select
        stage,
        count(*) as calls,
        exact_sum(prompt_tokens) as prompt_tokens,
        exact_sum(completion_tokens) as completion_tokens,
        exact_sum(cost_usd) as cost_usd
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
    group by stage
)
select stage, calls, prompt_tokens, completion_tokens, cost_usd, cost_usd / calls as cost_per_call_usd
from by_stage
order by cost_usd desc, stage nulls last
