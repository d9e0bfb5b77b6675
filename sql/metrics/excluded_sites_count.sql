/*
title = "Excluded sites"
page = "pipeline"
row = "all sites"
reads = ["sites.stage"]
[columns]
excluded_sites = { type = "integer", unit = "sites", help = "Sites taken off the pipeline" }
*/
select count(*) as excluded_sites
from sites
where stage = 'excluded'
