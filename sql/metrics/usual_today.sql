/*
title = "Errors and cost of today"
page = "overview"
row = "one measure of today, beside the same part of the 28 days before"
reads = [
    "http_errors.occurred_at", "cron_job_logs.status", "cron_job_logs.started_at", "llm_usage.cost_usd",
    "llm_usage.called_at",
]
optional = ["http_errors", "cron_job_logs", "llm_usage"]
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
days as (
    select ago, starts_at, ends_at, local_day(starts_at) as day, whole_until(ends_at) as whole_until
    from (
        select
            number - 1 as ago,
            days_start(number) as starts_at,
            case when number = 1 then run_now() else same_time(number) end as ends_at
        from (select cast(unnest(range(1, 30)) as integer) as number)
    )
),
-- A stray old row is no history.
history as (
    select min(fifth_at) as begins_at
    from (
        (select occurred_at as fifth_at from http_errors order by occurred_at limit 1 offset 4)
        union all
        (select started_at as fifth_at from cron_job_logs order by started_at limit 1 offset 4)
        union all
        (select called_at as fifth_at from llm_usage order by called_at limit 1 offset 4)
    )
),
-- A day is read from the rollups up to its last whole quarter of an hour, and from there row by row.
quarters as (
    select
        'failed_requests' as measure,
        occurred_at as begins_at,
        cast(sum(errors) as decimal(38, 18)) as small,
        null::double[] as large
    from failed_requests
    where occurred_at >= days_start(29) and occurred_at <= run_now()
    group by occurred_at
    union all
    select 'llm_cost_usd', called_at, sum(cost_usd), present_values(large_cost_usd)
    from llm_calls
    where called_at >= days_start(29) and called_at <= run_now()
    group by called_at
),
-- The quarters are compared as numbers, which is fast. If days do not begin with one, all is read row by row.
last_rows as (
    select 'failed_requests' as measure, occurred_at as at, 1 as small, null::double as large
    from http_errors
    where
        occurred_at >= days_start(29) and occurred_at <= run_now()
        and (
            epoch_us(occurred_at) // 900000000 in (select epoch_us(whole_until) // 900000000 from days)
            or whole_until(run_now()) = timestamp '1970-01-01'
        )
    union all
    select 'llm_cost_usd', called_at, small(cost_usd), large(cost_usd)
    from llm_usage
    where
        called_at >= days_start(29) and called_at <= run_now()
        and (
            epoch_us(called_at) // 900000000 in (select epoch_us(whole_until) // 900000000 from days)
            or whole_until(run_now()) = timestamp '1970-01-01'
        )
),
amounts as (
    select days.ago, quarters.measure, quarters.small, quarters.large
    from quarters
    join days on days.day = local_day(quarters.begins_at)
    where quarters.begins_at < days.whole_until
    union all
    select days.ago, last_rows.measure, last_rows.small, case when last_rows.large is not null then [last_rows.large] end
    from last_rows
    join days on days.day = local_day(last_rows.at)
    where last_rows.at >= days.whole_until and last_rows.at <= days.ends_at
    union all
    select days.ago, 'failed_runs', 1, null
    from cron_job_logs
    join days on days.day = local_day(cron_job_logs.started_at)
    where
        cron_job_logs.status = 'failed'
        and cron_job_logs.started_at >= days_start(29) and cron_job_logs.started_at <= run_now()
        and cron_job_logs.started_at <= days.ends_at
),
by_day as (
    select ago, measure, sum_of_listed_parts(small, large) as amount
    from amounts
    group by ago, measure
)
select
    measures.measure,
    any_value(days.day) filter (where days.ago = 0) as day,
    coalesce(any_value(by_day.amount) filter (where days.ago = 0), 0) as so_far,
    quantile_disc(coalesce(by_day.amount, 0), 0.75) filter (
        where days.ago > 0 and days.starts_at >= history.begins_at and has_table(measures.source)
    ) as usual_q75,
    count(*) filter (where days.ago > 0 and days.starts_at >= history.begins_at) as days
from (
    values
        (1, 'failed_requests', 'http_errors'),
        (2, 'failed_runs', 'cron_job_logs'),
        (3, 'llm_cost_usd', 'llm_usage')
) as measures (position, measure, source)
cross join days
cross join history
left join by_day on by_day.ago = days.ago and by_day.measure = measures.measure
group by measures.position, measures.measure
order by measures.position
