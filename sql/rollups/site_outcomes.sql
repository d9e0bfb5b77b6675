/*
row = "one row of a site: what became of it by its stage, or none if another row with its id comes first"
kind = "per_key"
key = "site_id"
reads = ["sites.site_id", "sites.stage"]
*/
select
    site_id,
    source_rowid,
    -- If two rows have the id of one site, its outcome is the first that fits.
    case
        when row_number() over (partition by site_id order by outcome_of(stage), source_rowid) = 1
            then outcome_of(stage)
    end as outcome
from sites
where site_id is not null
