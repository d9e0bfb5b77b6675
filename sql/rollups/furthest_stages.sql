/*
row = "one site with an entry in a stage of the pipeline, and the furthest of those"
kind = "per_key"
key = "site_id"
reads = ["site_status.site_id", "site_status.status"]
*/
select site_status.site_id, max(pipeline.position) as furthest_position
from site_status
join pipeline_stages() as pipeline on pipeline.stage = site_status.status
where site_status.site_id is not null
group by site_status.site_id
