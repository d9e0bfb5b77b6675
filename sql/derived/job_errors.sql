/*
row = "the failed runs of one job with one error, normalised, started in one second"
kind = "tally"
reads = [
    "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.error_message", "cron_job_logs.started_at",
]
count = "errors"
*/
select
    job_name,
    case when is_message(error_message) then normalised_message(error_message) else '(no message)' end as message,
    started_at
from cron_job_logs
where status = 'failed'
