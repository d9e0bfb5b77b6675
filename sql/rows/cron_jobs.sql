/*
label = "Jobs"
[columns]
job_id = { label = "Job", type = "integer" }
name = { label = "Name", type = "text" }
task_key = { label = "Key", type = "text", link = "job" }
enabled = { label = "Enabled", type = "boolean" }
critical = { label = "Critical", type = "boolean" }
interval_value = { label = "Interval", type = "number" }
interval_unit = { label = "Unit", type = "text" }
last_run_at = { label = "Last run", type = "instant" }
created_at = { label = "Created", type = "instant" }
updated_at = { label = "Updated", type = "instant" }
description = { label = "Description", type = "text", long = true, source = "description" }
*/
select
    source_rowid,
    job_id,
    name,
    task_key,
    enabled,
    critical,
    interval_value,
    interval_unit,
    last_run_at,
    created_at,
    updated_at
from cron_jobs
