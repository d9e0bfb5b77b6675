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
