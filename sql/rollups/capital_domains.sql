/*
row = "one site whose domain has capital letters, which a search for small ones would pass over"
kind = "per_row"
reads = ["sites.site_id", "sites.domain"]
*/
select site_id, domain, source_rowid
from sites
where domain <> lower(domain)
