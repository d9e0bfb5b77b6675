/*
row = "one site that is in a stage by its entries, with the start of that stay"
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
        place_of(entered_at, entry_id) as place,
        lag(status) over (partition by site_id order by entered_at, entry_id) as previous_status
    from site_status
    where entered_at is not null and site_id is not null
)
-- The latest change of status begins a site's present stay.
select site_id, arg_max_null(status, place) as stay_stage, arg_max(entered_at, place) as stay_since
from steps
where status is distinct from previous_status
group by site_id
