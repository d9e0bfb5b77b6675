/*
title = "Flow through the stages"
page = "pipeline"
row = "one stage of the pipeline, in stage order"
reads = [
    "sites.site_id", "sites.stage", "site_status.entry_id", "site_status.site_id", "site_status.status",
    "site_status.entered_at",
]
[columns]
stage = { type = "text", help = "Stage of the pipeline" }
sites = { type = "integer", unit = "sites", help = "Sites that are in this stage now" }
entered_24h = { type = "integer", unit = "entries", help = "Entries into it in the last 24 hours" }
entered_previous_24h = { type = "integer", unit = "entries", help = "Entries in the 24 hours before those" }
entered_7d = { type = "integer", unit = "entries", help = "Entries in the last 168 hours" }
left_7d = { type = "integer", unit = "entries", help = "Entries followed by another status in the last 168 hours" }
last_entered_at = { type = "instant", help = "When a site last entered it" }
median_wait_hours = { type = "number", unit = "h", help = "Half of the sites in it have waited no longer" }
oldest_wait_hours = { type = "number", unit = "h", help = "The longest that a site in it has waited" }
days_to_clear = { type = "number", unit = "d", help = "Sites in it, over those that leave it in a day" }
*/
with
entries as (
    select entry_id, site_id, status, entered_at
    from site_status
    where entered_at <= run_now()
),
entered as (
    select
        status as stage,
        count(*) filter (where entered_at > run_now() - interval 24 hours) as entered_24h,
        count(*) filter (
            where entered_at > run_now() - interval 48 hours and entered_at <= run_now() - interval 24 hours
        ) as entered_previous_24h,
        count(*) filter (where entered_at > run_now() - interval 168 hours) as entered_7d,
        max(entered_at) as last_entered_at
    from entries
    group by status
),
steps as (
    select
        site_id,
        entry_id,
        status,
        entered_at,
        lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status
    from entries
    where site_id is not null
),
departed as (
    select previous_status as stage, count(*) as left_7d
    from steps
    where entered_at > run_now() - interval 168 hours and status is distinct from previous_status
    group by previous_status
),
-- Structs compare field by field: the greatest is the latest change of status, with which the site's
-- last unbroken run of rows begins.
stays as (
    select
        site_id,
        max({ 'entered_at': entered_at, 'entry_id': entry_id, 'status': status }) as stay
    from steps
    where status is distinct from previous_status
    group by site_id
),
waiting as (
    select
        sites.stage,
        quantile_disc(date_diff('second', stays.stay.entered_at, run_now()), 0.5) / 3600 as median_wait_hours,
        max(date_diff('second', stays.stay.entered_at, run_now())) / 3600 as oldest_wait_hours
    from sites
    join stays on stays.site_id = sites.site_id and stays.stay.status = sites.stage
    group by sites.stage
),
occupied as (
    select stage, count(*) as sites
    from sites
    group by stage
),
flow as (
    select
        position,
        stage,
        coalesce(occupied.sites, 0) as sites,
        coalesce(entered.entered_24h, 0) as entered_24h,
        coalesce(entered.entered_previous_24h, 0) as entered_previous_24h,
        coalesce(entered.entered_7d, 0) as entered_7d,
        coalesce(departed.left_7d, 0) as left_7d,
        entered.last_entered_at,
        waiting.median_wait_hours,
        waiting.oldest_wait_hours
    from pipeline_stages()
    left join occupied using (stage)
    left join entered using (stage)
    left join departed using (stage)
    left join waiting using (stage)
)
-- Nothing waits in the last stage: it is where sites are meant to be.
select
    stage,
    sites,
    entered_24h,
    entered_previous_24h,
    entered_7d,
    left_7d,
    last_entered_at,
    case when position < 8 then median_wait_hours end as median_wait_hours,
    case when position < 8 then oldest_wait_hours end as oldest_wait_hours,
    case when position < 8 then sites * 7 / nullif(left_7d, 0) end as days_to_clear
from flow
order by position
