/*
row = "the requests that failed with one status code within one quarter of an hour"
kind = "aggregate"
reads = ["http_errors.status_code", "http_errors.occurred_at"]
count = "errors"
time = "occurred_at"
*/
select
    quarter(occurred_at) as occurred_at,
    coalesce(cast(status_code as varchar), 'none') as status_code
from http_errors
where occurred_at is not null
