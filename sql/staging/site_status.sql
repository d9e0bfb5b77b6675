/*
row = "one stage that one site entered"
key = "entry_id"
*/
select
    read_integer(id) as entry_id,
    read_integer(site_id) as site_id,
    read_label(status) as status,
    read_instant(created_at) as entered_at
from source.site_status
