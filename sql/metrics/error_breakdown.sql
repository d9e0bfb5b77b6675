/*
title = "Most frequent errors, all time"
page = "errors"
row = "one kind of error; the 20 most frequent"
filters = ["source", "stage"]
reads = [
    "sites.stage", "sites.error_message", "sites.updated_at",
    "outreaches.channel", "outreaches.error_message", "outreaches.updated_at",
    "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.error_message",
    "cron_job_logs.started_at",
]
[columns]
source = { type = "text", help = "site, outreach or cron" }
stage = { type = "text", help = "Status of the site, contact method of the outreach, or job" }
message = { type = "text", contacts = true, help = "The message; <url>, <id> and <n> stand for what differs" }
errors = { type = "integer", unit = "errors", help = "Sites, outreaches or runs with this error" }
last_seen = { type = "instant", help = "When it was last seen" }
[[rows.errors]]
when = { source = "site" }
table = "sites"
select = """
select source_rowid
from site_errors
where message = $message and stage is not distinct from $stage"""
[[rows.errors]]
when = { source = "outreach" }
table = "outreaches"
select = """
select source_rowid
from outreach_errors
where message = $message and channel is not distinct from $stage"""
[[rows.errors]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where message = $message and job_name is not distinct from $stage
    and started_at >= days_start(30) and started_at <= run_now()"""
[[rows.last_seen]]
when = { source = "site" }
table = "sites"
select = """
select source_rowid
from site_errors
where message = $message and stage is not distinct from $stage and seen_at = $last_seen"""
counted = false
[[rows.last_seen]]
when = { source = "outreach" }
table = "outreaches"
select = """
select source_rowid
from outreach_errors
where message = $message and channel is not distinct from $stage and seen_at = $last_seen"""
counted = false
[[rows.last_seen]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where message = $message and job_name is not distinct from $stage and started_at = $last_seen"""
counted = false
*/
with
reported as (
    select 'site' as source, stage, message, seen_at
    from site_errors
    union all
    select 'outreach', channel, message, seen_at
    from outreach_errors
    union all
    select 'cron', job_name, message, started_at
    from job_errors
    where started_at >= days_start(30) and started_at <= run_now()
)
select
    source,
    stage,
    message,
    count(*) as errors,
    max(seen_at) filter (where seen_at <= run_now()) as last_seen
from reported
where taken('source', source) and taken('stage', stage)
group by source, stage, message
order by errors desc, last_seen desc nulls last, source, stage nulls last, message
limit 20
