/*
row = "one site: the furthest stage that it has entered, and since when it waits in its stage"
kind = "per_key"
key = "site_id"
reads = [
    "sites.site_id", "sites.stage", "site_status.entry_id", "site_status.site_id", "site_status.status",
    "site_status.entered_at",
]
*/
with
reached as (
    select site_status.site_id, max(pipeline.position) as furthest_position
    from site_status
    join pipeline_stages() as pipeline on pipeline.stage = site_status.status
    group by site_status.site_id
),
steps as (
    select
        site_id,
        status,
        entered_at,
        place_of(entered_at, entry_id) as place,
        lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status
    from site_status
    where entered_at is not null and site_id is not null
),
-- The latest change of status begins a site's present stay.
stays as (
    select site_id, arg_max_null(status, place) as stay_stage, arg_max(entered_at, place) as stay_since
    from steps
    where status is distinct from previous_status
    group by site_id
)
select
    sites.site_id,
    sites.source_rowid,
    sites.stage,
    greatest(pipeline.position, reached.furthest_position) as best,
    -- Nothing waits in the last stage.
    case when stays.stay_stage = sites.stage and pipeline.position < 8 then stays.stay_since end as stay_since
from sites
left join pipeline_stages() as pipeline on pipeline.stage = sites.stage
left join reached on reached.site_id = sites.site_id
left join stays on stays.site_id = sites.site_id
where sites.site_id is not null
