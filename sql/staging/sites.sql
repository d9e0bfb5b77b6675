/*
row = "one website"
key = "site_id"
sync = "incremental"
cursor = "updated_at"
*/
select
    read_id(id) as site_id,
    read_label(status) as stage,
    read_text(error_message) as error_message,
    read_instant(created_at) as created_at,
    read_instant(updated_at) as updated_at
from source.sites
