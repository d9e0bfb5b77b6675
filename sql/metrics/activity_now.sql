/*
title = "Activity now"
page = "overview"
row = "the pipeline now, beside the same time of earlier weeks"
reads = ["site_status.entered_at"]
[columns]
last_entry_at = { type = "instant", help = "When a site last entered a stage" }
usual_entries = { type = "number", unit = "entries", help = "Mean entries at the same time of earlier weeks, or days" }
quiet = { type = "boolean", help = "Whether entries are missing that earlier weeks had at this time" }
[rows.last_entry_at]
table = "site_status"
where = "entered_at = $last_entry_at"
counted = false
*/
with
bounds as (
    select min(entered_at) as oldest_at, max(entered_at) as newest_at
    from site_status
    where entered_at <= run_now()
),
-- The first quarter is left out, because a batch that ran later in another week is not activity.
silence as (
    select
        oldest_at,
        newest_at,
        newest_at + to_seconds(date_diff('second', newest_at, run_now()) // 4) as begins_at,
        run_now() - interval 600 seconds as ends_at
    from bounds
),
shifts as (
    select true as is_weekly, 168 * number as hours
    from range(1, 5) as weeks (number)
    union all
    select false, 24 * number
    from range(1, 8) as days (number)
),
stretches as (
    select
        is_weekly,
        begins_at - to_hours(hours) as begins_at,
        ends_at - to_hours(hours) as ends_at
    from silence
    cross join shifts
    where begins_at < ends_at and begins_at - to_hours(hours) >= oldest_at
),
entries as (
    select entered_at
    from site_status
    where
        entered_at <= run_now()
        and entered_at >= (select min(begins_at) from stretches) - interval 168 hours
),
-- A period counts if something happened in the week before it.
likes as (
    select
        stretches.is_weekly,
        count(*) filter (
            where entries.entered_at > stretches.begins_at and entries.entered_at <= stretches.ends_at
        ) as entries
    from stretches
    cross join entries
    group by stretches.is_weekly, stretches.begins_at
    having bool_or(
        entries.entered_at >= stretches.begins_at - interval 168 hours
        and entries.entered_at <= stretches.begins_at
    )
),
-- Days are used if there are no weeks.
usual as (
    select
        count(*) as likes,
        avg(entries) as entries,
        count(*) filter (where entries > 0) as active_likes,
        case when bool_or(is_weekly) then 3 else 6 end as active_likes_needed
    from likes
    where is_weekly or not exists (select 1 from likes where is_weekly)
)
select
    silence.newest_at as last_entry_at,
    usual.entries as usual_entries,
    case
        when silence.newest_at is not null
            then coalesce(
                usual.entries >= 8 and usual.active_likes >= least(usual.active_likes_needed, usual.likes),
                false
            )
    end as quiet
from silence
cross join usual
