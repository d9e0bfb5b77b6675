/*
row = "one failed HTTP request"
key = "error_id"
sync = "append"
*/
select
    read_id(id) as error_id,
    read_integer(status_code) as status_code,
    read_id(site_id) as site_id,
    read_instant(occurred_at) as occurred_at
from source.http_errors
