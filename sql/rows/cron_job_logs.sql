/*
label = "Job runs"
[columns]
run_id = { label = "Run", type = "integer" }
started_at = { label = "Started", type = "instant" }
job_name = { label = "Job", type = "text", link = "job" }
status = { label = "Status", type = "text" }
finished_at = { label = "Finished", type = "instant" }
duration_s = { label = "Duration", type = "integer", unit = "s", help = "None where it has no end" }
items_processed = { label = "Items", type = "number", unit = "items" }
items_failed = { label = "Items failed", type = "number", unit = "items" }
error_message = { label = "Error", type = "text", contacts = true, long = true, link = "error" }
summary = { label = "Summary", type = "text", contacts = true, long = true, source = "summary" }
*/
select
    source_rowid,
    run_id,
    started_at,
    job_name,
    status,
    finished_at,
    date_diff('second', started_at, finished_at) as duration_s,
    items_processed,
    items_failed,
    error_message
from cron_job_logs
