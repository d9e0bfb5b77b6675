/*
title = "Failed HTTP requests by day, 30 days"
page = "errors"
row = "one day and one status code that occurred in it"
reads = ["http_errors.status_code", "http_errors.occurred_at"]
[columns]
day = { type = "day", help = "Local day" }
status_code = { type = "text", help = "HTTP status code; none where there was no response" }
errors = { type = "integer", unit = "requests", help = "Failed requests" }
*/
with
failures as (
    select local_day(occurred_at) as day, coalesce(cast(status_code as varchar), 'none') as status_code
    from http_errors
    where occurred_at >= days_start(30) and occurred_at <= run_now()
)
select day, status_code, count(*) as errors
from failures
group by day, status_code
order by day, status_code
