with recursive
days (day) as (
    values (:day_30)
    union all
    select date(day, '+1 day') from days where day < :today
),
costs as (
    select substr(created_at, 1, 10) as day, stage, sum(estimated_cost) as cost_usd
    from llm_usage
    where created_at >= :day_30 and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by 1, stage
),
stages as (
    select distinct stage
    from costs
)
select days.day, stages.stage, coalesce(costs.cost_usd, 0) as cost_usd
from days
cross join stages
left join costs on costs.day = days.day and costs.stage = stages.stage
order by days.day, stages.stage
