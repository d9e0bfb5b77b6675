/*
row = "one site: the furthest stage that it is in or has entered"
kind = "per_key"
key = "site_id"
reads = ["sites.site_id", "sites.stage", "sites.country", "site_status.site_id", "site_status.status"]
*/
with
reached as (
    select site_status.site_id, max(pipeline.position) as furthest_position
    from site_status
    join pipeline_stages() as pipeline on pipeline.stage = site_status.status
    group by site_status.site_id
)
select
    sites.site_id,
    sites.source_rowid,
    sites.stage,
    sites.country,
    greatest(pipeline.position, reached.furthest_position) as best
from sites
left join pipeline_stages() as pipeline on pipeline.stage = sites.stage
left join reached on reached.site_id = sites.site_id
where sites.site_id is not null
