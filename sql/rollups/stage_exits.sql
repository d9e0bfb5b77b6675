/*
row = "one entry of a site that ended its stay in a stage, in the last 168 hours of the site's entries"
kind = "per_key"
key = "site_id"
reads = [
    "site_status.entry_id", "site_status.site_id", "site_status.status", "site_status.entered_at",
]
*/
with
steps as (
    select
        site_id,
        status,
        entered_at,
        lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status,
        lag(source_rowid) over (partition by site_id order by entered_at, entry_id) as previous_rowid,
        max(entered_at) over (partition by site_id) as last_entered_at
    from site_status
    where entered_at is not null and site_id is not null
)
-- In order of time, because DuckDB then skips all but the last hours.
select entered_at as left_at, site_id, previous_status as stage, previous_rowid
from steps
where
    previous_status is not null
    and status is distinct from previous_status
    and entered_at > last_entered_at - interval 168 hours
