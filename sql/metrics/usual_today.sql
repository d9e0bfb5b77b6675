/*
title = "Errors and cost of today"
page = "overview"
row = "one measure of today, beside the same part of the 28 days before"
reads = [
    "http_errors.occurred_at", "cron_job_logs.status", "cron_job_logs.started_at", "llm_usage.cost_usd",
    "llm_usage.called_at",
]
[columns]
measure = { type = "text", help = "What is counted or added up" }
day = { type = "day", help = "Local day of now" }
so_far = { type = "number", help = "Since its midnight" }
usual_q75 = { type = "number", help = "On 75 % of the days before it was no more by this local time" }
days = { type = "integer", unit = "days", help = "Those of the 28 days that begin after the history does" }
[[rows.so_far]]
when = { measure = "failed_requests" }
table = "http_errors"
where = "occurred_at >= days_start(1) and occurred_at <= run_now()"
[[rows.so_far]]
when = { measure = "failed_runs" }
table = "cron_job_logs"
where = "started_at >= days_start(1) and started_at <= run_now() and status = 'failed'"
[[rows.so_far]]
when = { measure = "llm_cost_usd" }
table = "llm_usage"
where = "called_at >= days_start(1) and called_at <= run_now()"
sum = "cost_usd"
*/
with
-- Up to the last whole quarter of an hour a day is read from the rollups, and from there row by row.
days as (
    select
        number - 1 as ago,
        days_start(number) as starts_at,
        local_day(days_start(number)) as day,
        case when number = 1 then run_now() else same_time(number) end as ends_at,
        whole_until(case when number = 1 then run_now() else same_time(number) end) as whole_until
    from (select cast(unnest(range(1, 30)) as integer) as number)
),
-- A stray old row is no history.
history as (
    select min(fifth_at) as begins_at
    from (
        select min(occurred_at, 5)[5] as fifth_at from http_errors
        union all
        select min(started_at, 5)[5] from cron_job_logs
        union all
        select min(called_at, 5)[5] from llm_usage
    )
),
amounts as (
    select local_day(occurred_at) as day, occurred_at as at, 'failed_requests' as measure, false as is_row,
        cast(errors as decimal(38, 18)) as small, null::double as large
    from failed_requests
    where occurred_at >= days_start(29) and occurred_at <= run_now()
    union all
    select local_day(occurred_at), occurred_at, 'failed_requests', true, 1, null
    from http_errors
    where occurred_at >= days_start(29) and occurred_at <= run_now()
    union all
    select local_day(started_at), started_at, 'failed_runs', null, 1, null
    from cron_job_logs
    where status = 'failed' and started_at >= days_start(29) and started_at <= run_now()
    union all
    select local_day(called_at), called_at, 'llm_cost_usd', false, cost_usd, large_cost_usd
    from llm_calls
    where called_at >= days_start(29) and called_at <= run_now()
    union all
    select local_day(called_at), called_at, 'llm_cost_usd', true, small(cost_usd), large(cost_usd)
    from llm_usage
    where called_at >= days_start(29) and called_at <= run_now()
),
by_day as (
    select days.ago, amounts.measure, sum_of_parts(amounts.small, amounts.large) as amount
    from amounts
    join days on days.day = amounts.day
    where
        amounts.at <= days.ends_at
        and coalesce(amounts.is_row = (amounts.at >= days.whole_until), true)
    group by days.ago, amounts.measure
)
select
    measures.measure,
    any_value(days.day) filter (where days.ago = 0) as day,
    coalesce(any_value(by_day.amount) filter (where days.ago = 0), 0) as so_far,
    quantile_disc(coalesce(by_day.amount, 0), 0.75) filter (
        where days.ago > 0 and days.starts_at >= history.begins_at
    ) as usual_q75,
    count(*) filter (where days.ago > 0 and days.starts_at >= history.begins_at) as days
from (values (1, 'failed_requests'), (2, 'failed_runs'), (3, 'llm_cost_usd')) as measures (position, measure)
cross join days
cross join history
left join by_day on by_day.ago = days.ago and by_day.measure = measures.measure
group by measures.position, measures.measure
order by measures.position
