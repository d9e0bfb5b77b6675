/*
title = "Sites now in each stage, and in it or beyond"
page = "pipeline"
row = "one stage of the pipeline, in stage order"
filters = ["country"]
reads = ["sites.stage"]
[columns]
stage = { type = "text", help = "Stage of the pipeline" }
sites = { type = "integer", unit = "sites", help = "Sites that are in this stage now" }
reached = { type = "integer", unit = "sites", help = "Sites in this stage or a later one" }
step_rate = { type = "number", unit = "fraction", help = "Reached, over reached of the stage before" }
[rows.sites]
table = "sites"
where = "stage = $stage and taken('country', country)"
[rows.reached]
table = "sites"
where = """
taken('country', country) and stage in (
    select later.stage
    from pipeline_stages() as later
    join pipeline_stages() as own on own.stage = $stage and later.position >= own.position
)"""
[rows.step_rate]
same_as = "reached"
*/
with
occupied as (
    select stage, cast(sum(sites) as bigint) as sites
    from site_stages
    where taken('country', country)
    group by stage
),
counted as (
    select position, stage, coalesce(sites, 0) as sites
    from pipeline_stages()
    left join occupied using (stage)
),
reached as (
    select position, stage, sites, cast(sum(sites) over (order by position desc) as bigint) as reached
    from counted
)
select stage, sites, reached, reached / nullif(lag(reached) over (order by position), 0) as step_rate
from reached
order by position
