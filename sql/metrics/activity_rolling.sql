/*
title = "Activity against the period before"
page = "overview"
row = "one measure and one window that ends now: 24 or 168 hours"
reads = [
    "site_status.status", "site_status.entered_at", "outreaches.sent_at", "conversations.direction",
    "conversations.sentiment", "conversations.received_at", "llm_usage.cost_usd", "llm_usage.called_at",
    "http_errors.occurred_at", "cron_job_logs.status", "cron_job_logs.started_at",
]
optional = ["site_status", "outreaches", "conversations", "llm_usage", "http_errors", "cron_job_logs"]
[columns]
measure = { type = "text", help = "What is counted or added up" }
window_hours = { type = "integer", unit = "h", help = "Length of the window, and of the one before it" }
current = { type = "number", help = "In the window that ends now" }
previous = { type = "number", help = "In the window of the same length before it" }
change = { type = "number", unit = "fraction", help = "Current over previous, less 1; null if the history is short" }
[[rows.current]]
when = { measure = ["stage_entries", "sites_found"] }
table = "site_status"
where = """
entered_at > run_now() - to_hours($window_hours) and entered_at <= run_now()
and ($measure = 'stage_entries' or status = 'found')"""
[[rows.current]]
when = { measure = "outreaches_sent" }
table = "outreaches"
where = "sent_at > run_now() - to_hours($window_hours) and sent_at <= run_now()"
[[rows.current]]
when = { measure = ["replies", "positive_replies"] }
table = "conversations"
where = """
received_at > run_now() - to_hours($window_hours) and received_at <= run_now()
and direction = 'inbound' and ($measure = 'replies' or sentiment = 'positive')"""
[[rows.current]]
when = { measure = "llm_calls" }
table = "llm_usage"
where = "called_at > run_now() - to_hours($window_hours) and called_at <= run_now()"
[[rows.current]]
when = { measure = "llm_cost_usd" }
table = "llm_usage"
where = "called_at > run_now() - to_hours($window_hours) and called_at <= run_now()"
sum = "cost_usd"
[[rows.current]]
when = { measure = "failed_requests" }
table = "http_errors"
where = "occurred_at > run_now() - to_hours($window_hours) and occurred_at <= run_now()"
[[rows.current]]
when = { measure = "failed_runs" }
table = "cron_job_logs"
where = """
started_at > run_now() - to_hours($window_hours) and started_at <= run_now()
and status = 'failed'"""
[[rows.previous]]
when = { measure = ["stage_entries", "sites_found"] }
table = "site_status"
where = """
entered_at > run_now() - 2 * to_hours($window_hours)
and entered_at <= run_now() - to_hours($window_hours)
and ($measure = 'stage_entries' or status = 'found')"""
[[rows.previous]]
when = { measure = "outreaches_sent" }
table = "outreaches"
where = """
sent_at > run_now() - 2 * to_hours($window_hours)
and sent_at <= run_now() - to_hours($window_hours)"""
[[rows.previous]]
when = { measure = ["replies", "positive_replies"] }
table = "conversations"
where = """
received_at > run_now() - 2 * to_hours($window_hours)
and received_at <= run_now() - to_hours($window_hours)
and direction = 'inbound' and ($measure = 'replies' or sentiment = 'positive')"""
[[rows.previous]]
when = { measure = "llm_calls" }
table = "llm_usage"
where = """
called_at > run_now() - 2 * to_hours($window_hours)
and called_at <= run_now() - to_hours($window_hours)"""
[[rows.previous]]
when = { measure = "llm_cost_usd" }
table = "llm_usage"
where = """
called_at > run_now() - 2 * to_hours($window_hours)
and called_at <= run_now() - to_hours($window_hours)"""
sum = "cost_usd"
[[rows.previous]]
when = { measure = "failed_requests" }
table = "http_errors"
where = """
occurred_at > run_now() - 2 * to_hours($window_hours)
and occurred_at <= run_now() - to_hours($window_hours)"""
[[rows.previous]]
when = { measure = "failed_runs" }
table = "cron_job_logs"
where = """
started_at > run_now() - 2 * to_hours($window_hours)
and started_at <= run_now() - to_hours($window_hours)
and status = 'failed'"""
[rows.change]
same_as = "current"
*/
with
windows as (
    select window_hours, last_stretch
    from (values (24, 1), (168, 3)) as windows (window_hours, last_stretch)
),
measures as (
    select position, measure, source
    from (
        values
            (1, 'stage_entries', 'site_status'),
            (2, 'sites_found', 'site_status'),
            (3, 'outreaches_sent', 'outreaches'),
            (4, 'replies', 'conversations'),
            (5, 'positive_replies', 'conversations'),
            (6, 'llm_calls', 'llm_usage'),
            (7, 'llm_cost_usd', 'llm_usage'),
            (8, 'failed_requests', 'http_errors'),
            (9, 'failed_runs', 'cron_job_logs')
    ) as measures (position, measure, source)
),
-- Rows by period: the last 24 hours, the 24 before, the rest of the last 168, the 168 before those.
entries as (
    select
        stretch(entered_at, run_now()) as stretch,
        count(*) as stage_entries,
        count(*) filter (where status = 'found') as sites_found
    from site_status
    where entered_at > run_now() - interval 336 hours and entered_at <= run_now()
    group by 1
),
sent as (
    select stretch(sent_at, run_now()) as stretch, count(*) as outreaches_sent
    from outreaches
    where sent_at > run_now() - interval 336 hours and sent_at <= run_now()
    group by 1
),
received as (
    select
        stretch(received_at, run_now()) as stretch,
        count(*) as replies,
        count(*) filter (where sentiment = 'positive') as positive_replies
    from conversations
    where
        direction = 'inbound'
        and received_at > run_now() - interval 336 hours
        and received_at <= run_now()
    group by 1
),
called as (
    select
        stretch(called_at, run_now()) as stretch,
        count(*) as llm_calls,
        sum(small(cost_usd)) as small_cost_usd,
        present_values(large(cost_usd)) as large_cost_usd
    from llm_usage
    where called_at > run_now() - interval 336 hours and called_at <= run_now()
    group by 1
),
requested as (
    select stretch(occurred_at, run_now()) as stretch, count(*) as failed_requests
    from http_errors
    where occurred_at > run_now() - interval 336 hours and occurred_at <= run_now()
    group by 1
),
runs as (
    select stretch(started_at, run_now()) as stretch, count(*) as failed_runs
    from cron_job_logs
    where
        status = 'failed'
        and started_at > run_now() - interval 336 hours
        and started_at <= run_now()
    group by 1
),
amounts as (
    select stretch, 'stage_entries' as measure, stage_entries::decimal(38, 18) as small, null::double[] as large
    from entries
    union all
    select stretch, 'sites_found', sites_found, null from entries
    union all
    select stretch, 'outreaches_sent', outreaches_sent, null from sent
    union all
    select stretch, 'replies', replies, null from received
    union all
    select stretch, 'positive_replies', positive_replies, null from received
    union all
    select stretch, 'llm_calls', llm_calls, null from called
    union all
    select stretch, 'llm_cost_usd', small_cost_usd, large_cost_usd from called
    union all
    select stretch, 'failed_requests', failed_requests, null from requested
    union all
    select stretch, 'failed_runs', failed_runs, null from runs
),
-- A history is long enough if there are five rows before both windows.
histories as (
    (select 'site_status' as source, entered_at as fifth_at from site_status order by entered_at limit 1 offset 4)
    union all
    (select 'outreaches' as source, sent_at as fifth_at from outreaches order by sent_at limit 1 offset 4)
    union all
    (select 'conversations' as source, received_at as fifth_at from conversations order by received_at limit 1 offset 4)
    union all
    (select 'llm_usage' as source, called_at as fifth_at from llm_usage order by called_at limit 1 offset 4)
    union all
    (select 'http_errors' as source, occurred_at as fifth_at from http_errors order by occurred_at limit 1 offset 4)
    union all
    (select 'cron_job_logs' as source, started_at as fifth_at from cron_job_logs order by started_at limit 1 offset 4)
),
summed as (
    select
        measures.position,
        measures.measure,
        windows.window_hours,
        sum_of_listed_parts(
            case when amounts.stretch between 1 and windows.last_stretch then amounts.small end,
            case when amounts.stretch between 1 and windows.last_stretch then amounts.large end
        ) as "current",
        sum_of_listed_parts(
            case when amounts.stretch = windows.last_stretch + 1 then amounts.small end,
            case when amounts.stretch = windows.last_stretch + 1 then amounts.large end
        ) as previous,
        coalesce(
            any_value(histories.fifth_at) <= run_now() - 2 * to_hours(windows.window_hours), false
        ) as has_history
    from measures
    cross join windows
    left join amounts on amounts.measure = measures.measure
    left join histories on histories.source = measures.source
    group by measures.position, measures.measure, windows.window_hours
)
select
    measure,
    window_hours,
    "current",
    previous,
    case when has_history then "current" / nullif(previous, 0) - 1 end as change
from summed
order by position, window_hours
