/*
title = "Failed HTTP requests by day, 30 days"
page = "errors"
row = "one day and one status code that occurred in it"
ttl_minutes = 60
range = "30d"
filters = ["status_code"]
reads = ["http_errors.status_code", "http_errors.occurred_at"]
page_groups = { by = "status_code", size = "errors", keep = 8 }
[columns]
day = { type = "day", help = "Local day" }
status_code = { type = "text", category = "status_code", help = "HTTP status code; none where there was no response" }
errors = { type = "integer", unit = "requests", help = "Failed requests" }
[rows.errors]
table = "http_errors"
where = """
occurred_at >= range_start('30d') and occurred_at <= range_end() and is_on(occurred_at, $day)
and coalesce(cast(status_code as varchar), 'none') = $status_code"""
*/
select local_day(occurred_at) as day, status_code, cast(sum(errors) as bigint) as errors
from failed_requests_between(range_start('30d'), range_end())
where taken('status_code', status_code)
group by day, status_code
having sum(errors) > 0
order by day, status_code
