/*
title = "Key figures"
page = "overview"
row = "one measure in the window, or on one of the 14 days to its end, or in one of six mature weeks"
range = "7d"
reads = [
    "outreaches.outreach_id", "outreaches.sent_at", "conversations.outreach_id", "conversations.direction",
    "conversations.sentiment", "conversations.received_at", "llm_usage.cost_usd", "llm_usage.called_at",
]
optional = ["outreaches", "conversations", "llm_usage"]
[columns]
measure = { type = "text", help = "What is counted or added up" }
first_day = { type = "day", help = "The local day, or the Monday of the week; none for the whole window" }
current = { type = "number", help = "In the window, on the day or in the week" }
previous = { type = "number", help = "In the period before the window; a day and a week have 0" }
has_history = { type = "boolean", help = "Whether five rows of its table are older than the period before" }
[[rows.current]]
when = { measure = "outreaches_sent" }
table = "outreaches"
where = """
sent_at <= range_end()
and case when $first_day is null then sent_at >= range_start('7d') else is_on(sent_at, $first_day) end"""
[[rows.current]]
when = { measure = ["replies", "positive_replies"] }
table = "conversations"
where = """
received_at <= range_end() and direction = 'inbound' and ($measure = 'replies' or sentiment = 'positive')
and case when $first_day is null then received_at >= range_start('7d') else is_on(received_at, $first_day) end"""
[[rows.current]]
when = { measure = "llm_cost_usd" }
table = "llm_usage"
where = """
called_at <= range_end()
and case when $first_day is null then called_at >= range_start('7d') else is_on(called_at, $first_day) end"""
sum = "cost_usd"
[[rows.current]]
when = { measure = "cohort_sent" }
table = "outreaches"
where = """
sent_at >= mature_week(6) and local_day(sent_at) >= coalesce($first_day, mature_week(2))
and local_day(sent_at) < coalesce($first_day, mature_week(0)) + 7"""
[[rows.current]]
when = { measure = "cohort_replied" }
table = "outreaches"
select = """
select source_rowid
from threads
where
    first_reply_at <= sent_at + interval 168 hours
    and sent_at >= mature_week(6) and local_day(sent_at) >= coalesce($first_day, mature_week(2))
    and local_day(sent_at) < coalesce($first_day, mature_week(0)) + 7"""
[[rows.previous]]
when = { measure = "outreaches_sent" }
table = "outreaches"
where = "$first_day is null and sent_at >= before_start('7d') and sent_at <= before_end('7d')"
[[rows.previous]]
when = { measure = ["replies", "positive_replies"] }
table = "conversations"
where = """
$first_day is null and received_at >= before_start('7d') and received_at <= before_end('7d')
and direction = 'inbound' and ($measure = 'replies' or sentiment = 'positive')"""
[[rows.previous]]
when = { measure = "llm_cost_usd" }
table = "llm_usage"
where = "$first_day is null and called_at >= before_start('7d') and called_at <= before_end('7d')"
sum = "cost_usd"
[[rows.previous]]
when = { measure = "cohort_sent" }
table = "outreaches"
where = """
$first_day is null and sent_at >= mature_week(6)
and local_day(sent_at) >= mature_week(5) and local_day(sent_at) < mature_week(2)"""
[[rows.previous]]
when = { measure = "cohort_replied" }
table = "outreaches"
select = """
select source_rowid
from threads
where
    $first_day is null and first_reply_at <= sent_at + interval 168 hours
    and sent_at >= mature_week(6) and local_day(sent_at) >= mature_week(5) and local_day(sent_at) < mature_week(2)"""
*/
with
measures as (
    -- A reply is counted among the rows of outreaches, and needs those of conversations.
    select
        position, measure, source, is_cohort, measure <> 'cohort_replied' or has_table('conversations') as is_known
    from (
        values
            (1, 'outreaches_sent', 'outreaches', false),
            (2, 'replies', 'conversations', false),
            (3, 'positive_replies', 'conversations', false),
            (4, 'llm_cost_usd', 'llm_usage', false),
            (5, 'cohort_sent', 'cohorts', true),
            (6, 'cohort_replied', 'cohorts', true)
    ) as measures (position, measure, source, is_cohort)
),
places as (
    select null::date as first_day, is_cohort
    from (values (false), (true)) as kinds (is_cohort)
    union all
    select local_day(range_end()) - day_number::integer, false
    from range(14) as days (day_number)
    union all
    select mature_week(week_number), true
    from range(6) as weeks (week_number)
),
sent_by_day as (
    select local_day(sent_at) as first_day, sum(outreaches) as outreaches_sent
    from outreaches_sent_between(cast(local_day(range_end()) - 14 as timestamp), range_end())
    group by 1
),
received_by_day as (
    select
        local_day(received_at) as first_day,
        sum(messages) as replies,
        sum(messages) filter (where sentiment = 'positive') as positive_replies
    from messages_received_between(cast(local_day(range_end()) - 14 as timestamp), range_end())
    where direction = 'inbound'
    group by 1
),
called_by_day as (
    select local_day(called_at) as first_day, sum_of_parts(cost_usd, large_cost_usd) as llm_cost_usd
    from llm_calls_between(cast(local_day(range_end()) - 14 as timestamp), range_end())
    group by 1
),
received as (
    select sum(messages) as replies, sum(messages) filter (where sentiment = 'positive') as positive_replies
    from messages_received_between(range_start('7d'), range_end())
    where direction = 'inbound'
),
received_before as (
    select sum(messages) as replies, sum(messages) filter (where sentiment = 'positive') as positive_replies
    from messages_received_between(before_start('7d'), before_end('7d'))
    where direction = 'inbound'
),
cohort_sent as (
    select cast(date_trunc('week', local_day(sent_at)) as date) as first_day, sum(outreaches) as cohort_sent
    from outreaches_sent_between(cast(mature_week(6) as timestamp), cast(mature_week(0) + 9 as timestamp))
    group by 1
),
cohort_replied as (
    select cast(date_trunc('week', local_day(sent_at)) as date) as first_day, count(*) as cohort_replied
    from threads
    where
        first_reply_at <= sent_at + interval 168 hours
        and sent_at >= mature_week(6) and sent_at < mature_week(0) + 9
    group by 1
),
by_place as (
    select 'outreaches_sent' as measure, first_day, outreaches_sent::double as "current", null::double as previous
    from sent_by_day
    union all
    select 'replies', first_day, replies, null from received_by_day
    union all
    select 'positive_replies', first_day, positive_replies, null from received_by_day
    union all
    select 'llm_cost_usd', first_day, llm_cost_usd, null from called_by_day
    union all
    select 'cohort_sent', first_day, cohort_sent, null from cohort_sent
    union all
    select 'cohort_replied', first_day, cohort_replied, null from cohort_replied
),
of_window as (
    select 'outreaches_sent' as measure, sum(outreaches)::double as "current", null::double as previous
    from outreaches_sent_between(range_start('7d'), range_end())
    union all
    select 'outreaches_sent', null, sum(outreaches)
    from outreaches_sent_between(before_start('7d'), before_end('7d'))
    union all
    select 'replies', replies, null from received
    union all
    select 'replies', null, replies from received_before
    union all
    select 'positive_replies', positive_replies, null from received
    union all
    select 'positive_replies', null, positive_replies from received_before
    union all
    select 'llm_cost_usd', sum_of_parts(cost_usd, large_cost_usd), null
    from llm_calls_between(range_start('7d'), range_end())
    union all
    select 'llm_cost_usd', null, sum_of_parts(cost_usd, large_cost_usd)
    from llm_calls_between(before_start('7d'), before_end('7d'))
    union all
    select
        measure,
        sum("current") filter (where first_day >= mature_week(2)),
        sum("current") filter (where first_day < mature_week(2))
    from by_place
    where starts_with(measure, 'cohort_') and first_day between mature_week(5) and mature_week(0)
    group by measure
),
amounts as (
    select measure, first_day, "current", previous from by_place
    union all
    select measure, null, "current", previous from of_window
),
-- A history is long enough if five rows are before both periods.
histories as (
    select 'outreaches' as source, sum(outreaches) as earlier
    from outreaches_sent_between(timestamp '1970-01-01', before_start('7d') - interval 1 second)
    union all
    select 'conversations', sum(messages)
    from messages_received_between(timestamp '1970-01-01', before_start('7d') - interval 1 second)
    union all
    select 'llm_usage', sum(calls)
    from llm_calls_between(timestamp '1970-01-01', before_start('7d') - interval 1 second)
    union all
    select 'cohorts', sum(outreaches)
    from outreaches_sent_between(timestamp '1970-01-01', cast(mature_week(4) as timestamp))
    where local_day(sent_at) < mature_week(5)
)
select
    measures.measure,
    places.first_day,
    case when measures.is_known then coalesce(sum(amounts."current"), 0) end as "current",
    case when measures.is_known then coalesce(sum(amounts.previous), 0) end as previous,
    coalesce(any_value(histories.earlier) >= 5, false) as has_history
from measures
join places on places.is_cohort = measures.is_cohort
left join histories on histories.source = measures.source
left join amounts on amounts.measure = measures.measure and amounts.first_day is not distinct from places.first_day
group by measures.position, measures.measure, measures.is_known, places.first_day
order by measures.position, places.first_day nulls first
