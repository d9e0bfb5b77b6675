/*
row = "one stage that one site entered"
key = "entry_id"
sync = "append"
*/
select
    read_id(id) as entry_id,
    read_id(site_id) as site_id,
    read_label(status) as status,
    read_instant(created_at) as entered_at
from source.site_status
