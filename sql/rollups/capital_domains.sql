/*
row = "one site whose domain has capital letters, which a search for small ones would pass over"
kind = "per_row"
reads = ["sites.site_id", "sites.domain", "sites.stage", "sites.country"]
*/
select site_id, domain, stage, country, source_rowid
from sites
where domain <> lower(domain)
