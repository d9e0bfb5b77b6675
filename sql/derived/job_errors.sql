/*
row = "one failed run of a job, its error normalised"
kind = "tally"
reads = [
    "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.error_message", "cron_job_logs.started_at",
]
count = "errors"
apart = "row_id"
*/
select
    job_name,
    case when is_message(error_message) then normalised_message(error_message) else '(no message)' end as message,
    started_at,
    coalesce(source_rowid, 0) as row_id
from cron_job_logs
where status = 'failed'
