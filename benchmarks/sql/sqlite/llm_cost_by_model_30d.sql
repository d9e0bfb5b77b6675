with
served as (
    select
        model,
        provider,
        count(*) as calls,
        sum(prompt_tokens) + sum(completion_tokens) as tokens,
        sum(estimated_cost) as cost_usd
    from llm_usage
    where created_at >= :day_30 and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by model, provider
),
ranked as (
    select *, row_number() over (partition by model order by calls desc, provider) as place
    from served
)
select
    model,
    max(provider) filter (where place = 1) as provider,
    sum(calls) as calls,
    sum(tokens) as tokens,
    sum(cost_usd) as cost_usd
from ranked
group by model
order by cost_usd desc, model
