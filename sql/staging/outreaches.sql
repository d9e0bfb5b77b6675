/*
row = "one message proposed or sent to one contact of a site"
key = "outreach_id"
sync = "incremental"
cursor = "updated_at"
*/
select
    read_id(id) as outreach_id,
    read_id(site_id) as site_id,
    read_label(contact_method) as channel,
    read_text(contact_uri) as contact,
    read_label(status) as status,
    read_text(error_message) as error_message,
    read_instant(created_at) as created_at,
    read_instant(updated_at) as updated_at,
    read_instant(sent_at) as sent_at,
    read_instant(delivered_at) as delivered_at
from source.outreaches
