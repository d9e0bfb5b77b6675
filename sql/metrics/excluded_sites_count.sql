/*
title = "Excluded sites"
page = "pipeline"
row = "all sites"
filters = ["country"]
reads = ["sites.stage"]
[columns]
excluded_sites = { type = "integer", unit = "sites", help = "Sites taken off the pipeline" }
[rows.excluded_sites]
table = "sites"
where = "stage = 'excluded' and taken('country', country)"
*/
select cast(coalesce(sum(sites), 0) as bigint) as excluded_sites
from site_stages
where stage = 'excluded' and taken('country', country)
