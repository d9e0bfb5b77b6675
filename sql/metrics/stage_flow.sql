/*
title = "Flow through the stages"
page = "pipeline"
row = "one stage of the pipeline, in stage order"
reads = [
    "sites.site_id", "sites.stage", "site_status.entry_id", "site_status.site_id", "site_status.status",
    "site_status.entered_at",
]
optional = ["sites", "site_status"]
rows_with = """
with
ahead as (
    select distinct site_id
    from site_status
    where entered_at > run_now()
),
steps_by_now as (
    select
        site_id,
        status,
        entered_at,
        place_of(entered_at, entry_id) as place,
        lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status
    from site_status
    where entered_at <= run_now() and site_id in (select site_id from ahead)
),
stays_by_now as (
    select site_id, arg_max_null(status, place) as stay_stage, arg_max(entered_at, place) as stay_since
    from steps_by_now
    where status is distinct from previous_status
    group by site_id
),
waits as (
    select stage, stay_since, source_rowid
    from site_stays
    anti join ahead using (site_id)
    union all
    select sites.stage, stays_by_now.stay_since, sites.source_rowid
    from sites
    join stays_by_now on stays_by_now.site_id = sites.site_id and stays_by_now.stay_stage = sites.stage
)"""
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
[rows.sites]
table = "sites"
where = "stage = $stage"
[rows.entered_24h]
table = "site_status"
where = "status = $stage and entered_at > run_now() - interval 24 hours and entered_at <= run_now()"
[rows.entered_previous_24h]
table = "site_status"
where = """
status = $stage
and entered_at > run_now() - interval 48 hours and entered_at <= run_now() - interval 24 hours"""
[rows.entered_7d]
table = "site_status"
where = "status = $stage and entered_at > run_now() - interval 168 hours and entered_at <= run_now()"
[rows.left_7d]
table = "site_status"
select = """
with
ahead as (
    select distinct site_id
    from site_status
    where entered_at > run_now()
),
steps_by_now as (
    select
        source_rowid,
        status,
        lead(entered_at) over later as left_at,
        lead(status) over later as next_status
    from site_status
    where entered_at <= run_now() and site_id in (select site_id from ahead)
    window later as (partition by site_id order by entered_at, entry_id)
)
select previous_rowid as source_rowid
from stage_exits
anti join ahead using (site_id)
where stage = $stage and left_at > run_now() - interval 168 hours
union all
select source_rowid
from steps_by_now
where status = $stage and left_at > run_now() - interval 168 hours and next_status is distinct from status"""
[rows.last_entered_at]
table = "site_status"
where = "status = $stage and entered_at = $last_entered_at"
counted = false
[rows.median_wait_hours]
table = "sites"
select = """
select source_rowid
from waits
where stage = $stage and stage <> 'outreach_sent'"""
counted = false
[rows.oldest_wait_hours]
table = "sites"
select = """
select source_rowid
from waits
where stage = $stage and stage <> 'outreach_sent'
order by stay_since, source_rowid
limit 1"""
counted = false
[rows.days_to_clear]
same_as = "sites"
*/
with
week as (
    select
        status as stage,
        count(*) filter (where entered_at > run_now() - interval 24 hours) as entered_24h,
        count(*) filter (
            where entered_at > run_now() - interval 48 hours and entered_at <= run_now() - interval 24 hours
        ) as entered_previous_24h,
        count(*) as entered_7d,
        max(entered_at) as last_entered_at
    from site_status
    where entered_at > run_now() - interval 168 hours and entered_at <= run_now()
    group by status
),
-- All entries are read only for a stage that nothing has entered recently.
idle as (
    select stage
    from pipeline_stages()
    anti join week using (stage)
),
entered as (
    select stage, entered_24h, entered_previous_24h, entered_7d, last_entered_at
    from week
    union all
    select status, 0, 0, 0, max(entered_at)
    from site_status
    join idle on idle.stage = site_status.status
    where entered_at <= run_now() - interval 168 hours
    group by status
),
-- All entries are read again only for a site with an entry later than now.
ahead as (
    select distinct site_id
    from site_status
    where entered_at > run_now()
),
steps_by_now as (
    select
        site_id,
        status,
        entered_at,
        place_of(entered_at, entry_id) as place,
        lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status
    from site_status
    where entered_at <= run_now() and site_id in (select site_id from ahead)
),
changes_by_now as (
    select site_id, status, entered_at, place, previous_status
    from steps_by_now
    where status is distinct from previous_status
),
exits as (
    select stage, left_at
    from stage_exits
    anti join ahead using (site_id)
    union all
    select previous_status, entered_at
    from changes_by_now
    where previous_status is not null
),
departed as (
    select stage, count(*) as left_7d
    from exits
    where left_at > run_now() - interval 168 hours
    group by stage
),
stays_by_now as (
    select site_id, arg_max_null(status, place) as stay_stage, arg_max(entered_at, place) as stay_since
    from changes_by_now
    group by site_id
),
waits as (
    select stage, stay_since
    from site_stays
    anti join ahead using (site_id)
    union all
    select sites.stage, stays_by_now.stay_since
    from sites
    join stays_by_now on stays_by_now.site_id = sites.site_id and stays_by_now.stay_stage = sites.stage
),
waiting as (
    select
        stage,
        quantile_disc(date_diff('second', stay_since, run_now()), 0.5) / 3600 as median_wait_hours,
        max(date_diff('second', stay_since, run_now())) / 3600 as oldest_wait_hours
    from waits
    group by stage
),
occupied as (
    select stage, cast(sum(sites) as bigint) as sites
    from site_stages
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
-- Nothing waits in the last stage, because it is the goal.
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
