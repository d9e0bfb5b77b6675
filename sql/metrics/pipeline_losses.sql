/*
title = "How far sites came, and where they were lost"
page = "pipeline"
row = "one stage of the pipeline, in stage order"
filters = ["country"]
reads = [
    "sites.site_id", "sites.stage", "site_status.site_id", "site_status.status", "site_status.entered_at",
]
rows_with = """
with
own as (
    select position
    from pipeline_stages()
    where stage = $stage
),
ahead as (
    select distinct site_id
    from site_status
    where entered_at > run_now()
),
entered_by_now as (
    select site_status.site_id, max(pipeline.position) as furthest_position
    from site_status
    join pipeline_stages() as pipeline on pipeline.stage = site_status.status
    where
        site_status.site_id in (select site_id from ahead)
        and (site_status.entered_at is null or site_status.entered_at <= run_now())
    group by site_status.site_id
),
unsettled as (
    select site_id, stage, country, source_rowid
    from site_progress
    semi join ahead using (site_id)
    union all
    select null, stage, country, source_rowid
    from sites_without_id
),
progress as (
    select stage, best, source_rowid
    from site_progress
    anti join ahead using (site_id)
    where taken('country', country)
    union all
    select
        unsettled.stage,
        greatest(pipeline.position, entered_by_now.furthest_position),
        unsettled.source_rowid
    from unsettled
    left join pipeline_stages() as pipeline on pipeline.stage = unsettled.stage
    left join entered_by_now on entered_by_now.site_id = unsettled.site_id
    where taken('country', unsettled.country)
)"""
[columns]
stage = { type = "text", help = "Stage of the pipeline" }
ever_reached = { type = "integer", unit = "sites", help = "Sites that are or ever were in this stage or a later one" }
in_it = { type = "integer", unit = "sites", help = "Sites that are in this stage now" }
lost_excluded = { type = "integer", unit = "sites", help = "Sites excluded that came this far" }
lost_failing = { type = "integer", unit = "sites", help = "Sites failing that came this far" }
step_rate = { type = "number", unit = "fraction", help = "Ever reached, over that of the stage before" }
[rows.ever_reached]
table = "sites"
select = """
select source_rowid
from progress
where best >= (select position from own)"""
[rows.in_it]
table = "sites"
where = "stage = $stage and taken('country', country)"
[rows.lost_excluded]
table = "sites"
select = """
select source_rowid
from progress
where stage = 'excluded' and best = (select position from own)"""
[rows.lost_failing]
table = "sites"
select = """
select source_rowid
from progress
where stage = 'failing' and best = (select position from own)"""
[rows.step_rate]
same_as = "ever_reached"
*/
with
-- The entries are read again only for a site with an entry later than now.
ahead as (
    select distinct site_id
    from site_status
    where entered_at > run_now()
),
entered_by_now as (
    select site_status.site_id, max(pipeline.position) as furthest_position
    from site_status
    join pipeline_stages() as pipeline on pipeline.stage = site_status.status
    where
        site_status.site_id in (select site_id from ahead)
        and (site_status.entered_at is null or site_status.entered_at <= run_now())
    group by site_status.site_id
),
unsettled as (
    select site_id, stage, country
    from site_progress
    semi join ahead using (site_id)
    union all
    select null, stage, country
    from sites_without_id
),
progress as (
    select stage, best
    from site_progress
    anti join ahead using (site_id)
    where taken('country', country)
    union all
    select unsettled.stage, greatest(pipeline.position, entered_by_now.furthest_position)
    from unsettled
    left join pipeline_stages() as pipeline on pipeline.stage = unsettled.stage
    left join entered_by_now on entered_by_now.site_id = unsettled.site_id
    where taken('country', unsettled.country)
),
counted as (
    select stage, best, count(*) as sites
    from progress
    group by stage, best
),
losses as (
    select
        pipeline.position,
        pipeline.stage,
        coalesce(sum(counted.sites) filter (where counted.best >= pipeline.position), 0) as ever_reached,
        coalesce(sum(counted.sites) filter (where counted.stage = pipeline.stage), 0) as in_it,
        coalesce(
            sum(counted.sites) filter (where counted.best = pipeline.position and counted.stage = 'excluded'), 0
        ) as lost_excluded,
        coalesce(
            sum(counted.sites) filter (where counted.best = pipeline.position and counted.stage = 'failing'), 0
        ) as lost_failing
    from pipeline_stages() as pipeline
    left join counted on true
    group by pipeline.position, pipeline.stage
)
select
    stage,
    cast(ever_reached as bigint) as ever_reached,
    cast(in_it as bigint) as in_it,
    cast(lost_excluded as bigint) as lost_excluded,
    cast(lost_failing as bigint) as lost_failing,
    ever_reached / nullif(lag(ever_reached) over (order by position), 0) as step_rate
from losses
order by position
