with
reported (source, stage, message, seen_at) as (
    select 'site', status, trim(error_message), replace(substr(updated_at, 1, 19), 'T', ' ')
    from sites
    where error_message is not null
    union all
    select 'outreach', contact_method, trim(error_message), replace(substr(updated_at, 1, 19), 'T', ' ')
    from outreaches
    where error_message is not null
    union all
    select
        'cron',
        job_name,
        coalesce(nullif(trim(error_message), ''), '(no message)'),
        replace(substr(started_at, 1, 19), 'T', ' ')
    from cron_job_logs
    where status = 'failed' and started_at >= :day_30 and started_at < :tomorrow
        and replace(substr(started_at, 1, 19), 'T', ' ') <= :now
),
-- Messages that are equal are normalised once.
equal_messages as (
    select source, stage, message, count(*) as errors, max(seen_at) filter (where seen_at <= :now) as last_seen
    from reported
    where message <> ''
    group by source, stage, message
),
normalised as (
    select source, stage, without_particulars(message) as message, errors, last_seen
    from equal_messages
)
select
    source,
    stage,
    message,
    sum(errors) as errors,
    strftime('%Y-%m-%dT%H:%M:%SZ', max(last_seen)) as last_seen
from normalised
group by source, stage, message
order by errors desc, last_seen desc nulls last, source, stage nulls last, message
limit 20
