/*
row = "one site that waits in its stage, and since when; nothing waits in the last stage"
kind = "per_key"
key = "site_id"
reads = [
    "sites.site_id", "sites.stage", "site_status.entry_id", "site_status.site_id", "site_status.status",
    "site_status.entered_at",
]
*/
with
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
    stays.stay_since
from sites
join pipeline_stages() as pipeline on pipeline.stage = sites.stage and pipeline.position < 8
join stays on stays.site_id = sites.site_id and stays.stay_stage = sites.stage
where stays.stay_since is not null
