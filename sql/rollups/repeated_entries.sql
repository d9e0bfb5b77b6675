/*
row = "one entry of a site less than an hour after the one before it, with the instant of that"
kind = "per_key"
key = "site_id"
reads = ["site_status.site_id", "site_status.entered_at"]
*/
with
steps as (
    select
        site_id,
        entered_at,
        lag(entered_at) over (partition by site_id order by entered_at) as previous_entered_at
    from site_status
    where entered_at is not null and site_id is not null
)
select site_id, entered_at, previous_entered_at
from steps
where entered_at < previous_entered_at + interval 1 hour
