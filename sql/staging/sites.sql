/*
row = "one website"
key = "site_id"
sync = "incremental"
cursor = "updated_at"
*/
select
    read_id(id) as site_id,
    read_text(domain) as domain,
    read_text(keyword) as keyword,
    read_label(country_code) as country,
    read_label(status) as stage,
    read_number(score) as score,
    read_text(grade) as grade,
    read_integer(http_status_code) as http_status,
    read_text(error_message) as error_message,
    read_instant(created_at) as created_at,
    read_instant(updated_at) as updated_at
from source.sites
