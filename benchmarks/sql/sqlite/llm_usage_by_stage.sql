with
by_stage as (
    select
        stage,
        count(*) as calls,
        sum(prompt_tokens) as prompt_tokens,
        sum(completion_tokens) as completion_tokens,
        sum(estimated_cost) as cost_usd
    from llm_usage
    where created_at >= :day_30 and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by stage
)
select stage, calls, prompt_tokens, completion_tokens, cost_usd, cost_usd / calls as cost_per_call_usd
from by_stage
order by cost_usd desc, stage
