/*
row = "the entries of sites into one status within one quarter of an hour"
kind = "aggregate"
reads = ["site_status.site_id", "site_status.status", "site_status.entered_at"]
count = "entries"
time = "entered_at"
*/
select quarter(entered_at) as entered_at, status
from site_status
where entered_at is not null and site_id is not null
