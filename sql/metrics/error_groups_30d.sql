/*
title = "Errors of the last 30 days"
page = "errors"
row = "one kind of error seen in the last 720 hours; the 50 most frequent of the last 168"
filters = ["source", "stage"]
reads = [
    "sites.site_id", "sites.stage", "sites.error_message", "sites.updated_at",
    "outreaches.outreach_id", "outreaches.channel", "outreaches.error_message", "outreaches.updated_at",
    "cron_job_logs.run_id", "cron_job_logs.job_name", "cron_job_logs.status", "cron_job_logs.error_message",
    "cron_job_logs.started_at",
]
[columns]
source = { type = "text", help = "site, outreach or cron" }
stage = { type = "text", help = "Status of the site, contact method of the outreach, or job" }
message = { type = "text", contacts = true, help = "The message; <url>, <id> and <n> stand for what differs" }
errors_24h = { type = "integer", unit = "errors", help = "In the last 24 hours; for sites and outreaches, rows touched" }
errors_7d = { type = "integer", unit = "errors", help = "In the last 168 hours" }
errors_30d = { type = "integer", unit = "errors", help = "In the last 720 hours" }
first_seen = { type = "instant", help = "Its oldest failed run of any age; none for sites and outreaches" }
last_seen = { type = "instant", help = "When it was last seen" }
example = { type = "text", contacts = true, help = "The newest message as it stands" }
[[rows.errors_24h]]
when = { source = "site" }
table = "sites"
select = """
select source_rowid
from site_errors
where group_message = $message and stage is not distinct from $stage
    and seen_at > run_now() - interval 24 hours and seen_at <= run_now()"""
[[rows.errors_24h]]
when = { source = "outreach" }
table = "outreaches"
select = """
select source_rowid
from outreach_errors
where group_message = $message and channel is not distinct from $stage
    and seen_at > run_now() - interval 24 hours and seen_at <= run_now()"""
[[rows.errors_24h]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where group_message = $message and job_name is not distinct from $stage
    and started_at > run_now() - interval 24 hours and started_at <= run_now()"""
[[rows.errors_7d]]
when = { source = "site" }
table = "sites"
select = """
select source_rowid
from site_errors
where group_message = $message and stage is not distinct from $stage
    and seen_at > run_now() - interval 168 hours and seen_at <= run_now()"""
[[rows.errors_7d]]
when = { source = "outreach" }
table = "outreaches"
select = """
select source_rowid
from outreach_errors
where group_message = $message and channel is not distinct from $stage
    and seen_at > run_now() - interval 168 hours and seen_at <= run_now()"""
[[rows.errors_7d]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where group_message = $message and job_name is not distinct from $stage
    and started_at > run_now() - interval 168 hours and started_at <= run_now()"""
[[rows.errors_30d]]
when = { source = "site" }
table = "sites"
select = """
select source_rowid
from site_errors
where group_message = $message and stage is not distinct from $stage
    and seen_at > run_now() - interval 720 hours and seen_at <= run_now()"""
[[rows.errors_30d]]
when = { source = "outreach" }
table = "outreaches"
select = """
select source_rowid
from outreach_errors
where group_message = $message and channel is not distinct from $stage
    and seen_at > run_now() - interval 720 hours and seen_at <= run_now()"""
[[rows.errors_30d]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where group_message = $message and job_name is not distinct from $stage
    and started_at > run_now() - interval 720 hours and started_at <= run_now()"""
[[rows.first_seen]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where group_message = $message and job_name is not distinct from $stage and started_at = $first_seen"""
counted = false
[[rows.last_seen]]
when = { source = "site" }
table = "sites"
select = """
select source_rowid
from site_errors
where group_message = $message and stage is not distinct from $stage and seen_at = $last_seen"""
counted = false
[[rows.last_seen]]
when = { source = "outreach" }
table = "outreaches"
select = """
select source_rowid
from outreach_errors
where group_message = $message and channel is not distinct from $stage and seen_at = $last_seen"""
counted = false
[[rows.last_seen]]
when = { source = "cron" }
table = "cron_job_logs"
select = """
select source_rowid
from job_errors
where group_message = $message and job_name is not distinct from $stage and started_at = $last_seen"""
counted = false
*/
with
-- Only failed runs have a history, because the rows of sites and outreaches move with every change.
reported as (
    select
        'site' as source,
        stage,
        group_message as message,
        error_message,
        seen_at,
        place_of(seen_at, site_id) as place
    from site_errors
    where seen_at > run_now() - interval 720 hours and seen_at <= run_now()
    union all
    select 'outreach', channel, group_message, error_message, seen_at, place_of(seen_at, outreach_id)
    from outreach_errors
    where seen_at > run_now() - interval 720 hours and seen_at <= run_now()
    union all
    select 'cron', job_name, group_message, error_message, started_at, place_of(started_at, run_id)
    from job_errors
    where started_at <= run_now()
),
groups as (
    select
        source,
        stage,
        message,
        count(*) filter (where seen_at > run_now() - interval 24 hours) as errors_24h,
        count(*) filter (where seen_at > run_now() - interval 168 hours) as errors_7d,
        count(*) filter (where seen_at > run_now() - interval 720 hours) as errors_30d,
        min(seen_at) filter (where source = 'cron') as first_seen,
        max(seen_at) as last_seen,
        arg_max_null(error_message, place) as error_message
    from reported
    where message <> '' and taken('source', source) and taken('stage', stage)
    group by source, stage, message
)
select
    source,
    stage,
    message,
    errors_24h,
    errors_7d,
    errors_30d,
    first_seen,
    last_seen,
    coalesce(error_text(error_message), '(no message)') as example
from groups
where last_seen > run_now() - interval 720 hours
order by errors_7d desc, last_seen desc, source, stage nulls last, message
limit 50
