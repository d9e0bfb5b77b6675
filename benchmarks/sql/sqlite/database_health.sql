-- SQL cannot see the sizes of files, and integrity is another command's business.
-- The newest stamp of a site or an outreach is its updated_at; of a run, its start or its end.
with
tables (name, row_count) as (
    select 'sites', (select count(*) from sites)
    union all
    select 'site_status', (select count(*) from site_status)
    union all
    select 'outreaches', (select count(*) from outreaches)
    union all
    select 'conversations', (select count(*) from conversations)
    union all
    select 'llm_usage', (select count(*) from llm_usage)
    union all
    select 'http_errors', (select count(*) from http_errors)
    union all
    select 'cron_jobs', (select count(*) from cron_jobs)
    union all
    select 'cron_job_logs', (select count(*) from cron_job_logs)
    union all
    select 'system_metrics', (select count(*) from system_metrics)
),
stamps (stamp) as (
    select updated_at from sites where updated_at >= :yesterday and updated_at < :tomorrow
    union all
    select created_at from site_status where created_at >= :yesterday and created_at < :tomorrow
    union all
    select updated_at from outreaches where updated_at >= :yesterday and updated_at < :tomorrow
    union all
    select received_at from conversations where received_at >= :yesterday and received_at < :tomorrow
    union all
    select read_at from conversations where read_at >= :yesterday and read_at < :tomorrow
    union all
    select created_at from llm_usage where created_at >= :yesterday and created_at < :tomorrow
    union all
    select occurred_at from http_errors where occurred_at >= :yesterday and occurred_at < :tomorrow
    union all
    select last_run_at from cron_jobs
    union all
    select updated_at from cron_jobs
    union all
    select started_at from cron_job_logs where started_at >= :yesterday and started_at < :tomorrow
    union all
    select finished_at from cron_job_logs where started_at >= :yesterday and started_at < :tomorrow
    union all
    select recorded_at from system_metrics where recorded_at >= :yesterday and recorded_at < :tomorrow
),
newest as (
    select max(replace(substr(stamp, 1, 19), 'T', ' ')) as last_write_at
    from stamps
    where replace(substr(stamp, 1, 19), 'T', ' ') <= :now
)
select
    null as size_bytes,
    null as wal_bytes,
    (select page_size from pragma_page_size) as page_size,
    (select page_count from pragma_page_count) as pages,
    (select freelist_count from pragma_freelist_count) as free_pages,
    (select journal_mode from pragma_journal_mode) as journal_mode,
    (select count(*) from tables) as tables,
    (select sum(row_count) from tables) as rows,
    strftime('%Y-%m-%dT%H:%M:%SZ', last_write_at) as last_write_at,
    null as integrity
from newest
