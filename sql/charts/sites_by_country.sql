/*
title = "Sites by country"
page = "pipeline"
row = "one country, by sites descending"
filters = ["country"]
reads = ["sites.stage", "sites.country"]
page_groups = { by = "country", size = "sites", keep = 8, above = 10 }
[columns]
country = { type = "text", help = "Country; none where it is missing or unreadable" }
sites = { type = "integer", unit = "sites", help = "All sites of the country" }
in_pipeline = { type = "integer", unit = "sites", help = "Those that are in a stage of the pipeline now" }
outreach_sent = { type = "integer", unit = "sites", help = "Those in its last stage" }
excluded = { type = "integer", unit = "sites", help = "Those taken off the pipeline" }
failing = { type = "integer", unit = "sites", help = "Those that fail" }
[rows.sites]
table = "sites"
where = "country is not distinct from $country"
[rows.in_pipeline]
table = "sites"
where = "country is not distinct from $country and stage in (select stage from pipeline_stages())"
[rows.outreach_sent]
table = "sites"
where = "country is not distinct from $country and stage = 'outreach_sent'"
[rows.excluded]
table = "sites"
where = "country is not distinct from $country and stage = 'excluded'"
[rows.failing]
table = "sites"
where = "country is not distinct from $country and stage = 'failing'"
*/
with
counted as (
    select
        country,
        sum(sites) as sites,
        coalesce(sum(sites) filter (where stage in (select stage from pipeline_stages())), 0) as in_pipeline,
        coalesce(sum(sites) filter (where stage = 'outreach_sent'), 0) as outreach_sent,
        coalesce(sum(sites) filter (where stage = 'excluded'), 0) as excluded,
        coalesce(sum(sites) filter (where stage = 'failing'), 0) as failing
    from site_stages
    where taken('country', country)
    group by country
    having sum(sites) > 0
)
select
    country,
    cast(sites as bigint) as sites,
    cast(in_pipeline as bigint) as in_pipeline,
    cast(outreach_sent as bigint) as outreach_sent,
    cast(excluded as bigint) as excluded,
    cast(failing as bigint) as failing
from counted
order by sites desc, country nulls last
