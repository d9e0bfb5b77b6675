/*
row = "one scheduled job"
key = "job_id"
sync = "full"
*/
select
    read_id(id) as job_id,
    read_text(name) as name,
    read_text(task_key) as task_key,
    read_number(interval_value) as interval_value,
    read_label(interval_unit) as interval_unit,
    read_flag(enabled) as enabled,
    read_flag(critical) as critical,
    read_instant(last_run_at) as last_run_at,
    read_instant(created_at) as created_at,
    read_instant(updated_at) as updated_at
from source.cron_jobs
