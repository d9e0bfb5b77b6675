with
reported as (
    select 'site' as source, stage, trimmed(error_message) as message, updated_at as seen_at
    from sites
    where error_message is not null
    union all
    select 'outreach', channel, trimmed(error_message), updated_at
    from outreaches
    where error_message is not null
    union all
    select 'cron', job_name, coalesce(nullif(trimmed(error_message), ''), '(no message)'), started_at
    from cron_job_logs
    where status = 'failed' and started_at >= days_start(30) and started_at <= run_now()
),
-- Messages that are equal are normalised once.
equal_messages as (
    select
        source,
        stage,
        message,
        count(*) as errors,
        max(seen_at) filter (where seen_at <= run_now()) as last_seen
    from reported
    where message <> ''
    group by source, stage, message
),
without_urls as (
    select source, stage, regexp_replace(message, 'https?://[^\s\v\x1c-\x1f\x85\p{Z}]+', '<url>', 'g') as message, errors, last_seen
    from equal_messages
),
without_uuids as (
    select
        source,
        stage,
        regexp_replace(message, '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', '<id>', 'g') as message,
        errors,
        last_seen
    from without_urls
),
without_hashes as (
    select
        source,
        stage,
        regexp_replace(message, '\b[0-9a-fA-F]{16,}\b', '<id>', 'g') as message,
        errors,
        last_seen
    from without_uuids
),
without_numbers as (
    select
        source,
        stage,
        left(regexp_replace(message, '\p{Nd}+', '<n>', 'g'), 200) as message,
        errors,
        last_seen
    from without_hashes
)
select source, stage, message, cast(sum(errors) as bigint) as errors, max(last_seen) as last_seen
from without_numbers
group by source, stage, message
order by errors desc, last_seen desc nulls last, source, stage nulls last, message
limit 20
