/*
row = "one failed run of a job, its error normalised"
kind = "per_row"
reads = [
    "cron_job_logs.run_id", "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.error_message",
    "cron_job_logs.started_at",
]
*/
select
    job_name,
    case when is_message(error_message) then normalised_message(error_message) else '(no message)' end as message,
    coalesce(nullif(normalised_message(cleaned_message(error_message)), ''), '(no message)') as group_message,
    error_message,
    run_id,
    started_at,
    source_rowid
from cron_job_logs
where status = 'failed'
