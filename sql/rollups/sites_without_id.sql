/*
row = "one site without a readable id, which has no row in what is kept by site"
kind = "per_row"
reads = ["sites.site_id", "sites.stage", "sites.country"]
*/
select stage, country, source_rowid
from sites
where site_id is null
