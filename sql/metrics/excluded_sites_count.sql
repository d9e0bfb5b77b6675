/*
title = "Excluded sites"
page = "pipeline"
row = "all sites"
reads = ["sites.stage"]
[columns]
excluded_sites = { type = "integer", unit = "sites", help = "Sites taken off the pipeline" }
[rows.excluded_sites]
table = "sites"
where = "stage = 'excluded'"
*/
select cast(coalesce(sum(sites), 0) as bigint) as excluded_sites
from site_stages
where stage = 'excluded'
