/*
row = "one run of a job"
key = "run_id"
sync = "append"
mutable_where = ["finished_at is null", "status = 'running'"]
*/
select
    read_id(id) as run_id,
    read_text(job_name) as job_name,
    read_label(status) as status,
    read_text(error_message) as error_message,
    read_instant(started_at) as started_at,
    read_instant(finished_at) as finished_at,
    read_number(items_processed) as items_processed,
    read_number(items_failed) as items_failed
from source.cron_job_logs
