/*
title = "Status changes by hour, 48 hours"
page = "pipeline"
row = "one hour and one status that a site entered in it"
range = "48h"
filters = ["status"]
reads = ["site_status.status", "site_status.entered_at"]
page_groups = { by = "status", size = "sites", keep = 8, above = 10 }
[columns]
hour = { type = "instant", help = "Start of the hour" }
status = { type = "text", category = "stage", help = "Status entered; none where it is unreadable" }
sites = { type = "integer", unit = "entries", help = "Entries into the status" }
[rows.sites]
table = "site_status"
where = """
entered_at >= range_start('48h') and entered_at <= range_end() and local_hour(entered_at) = $hour
and status is not distinct from $status"""
*/
with
entries as (
    select local_hour(entered_at) as hour, status
    from site_status
    where entered_at >= range_start('48h') and entered_at <= range_end() and taken('status', status)
)
select hour, status, count(*) as sites
from entries
group by hour, status
order by hour, status nulls last
