with recursive
days (day) as (
    values (:day_30)
    union all
    select date(day, '+1 day') from days where day < :today
),
calls as (
    select
        substr(created_at, 1, 10) as day,
        count(*) as calls,
        sum(prompt_tokens) + sum(completion_tokens) as tokens,
        sum(estimated_cost) as cost_usd
    from llm_usage
    where created_at >= :day_30 and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by 1
)
select
    days.day,
    coalesce(calls.calls, 0) as calls,
    coalesce(calls.tokens, 0) as tokens,
    coalesce(calls.cost_usd, 0) as cost_usd
from days
left join calls on calls.day = days.day
order by days.day
