-- SQL cannot see the sizes of files, and integrity is another command's business.
with
facts as (
    select count(*) as row_count, max(updated_at) filter (where updated_at <= run_now()) as last_write_at
    from sites
    union all
    select count(*), max(entered_at) filter (where entered_at <= run_now())
    from site_status
    union all
    select count(*), max(updated_at) filter (where updated_at <= run_now())
    from outreaches
    union all
    select
        count(*),
        greatest(
            max(received_at) filter (where received_at <= run_now()),
            max(read_at) filter (where read_at <= run_now())
        )
    from conversations
    union all
    select count(*), max(called_at) filter (where called_at <= run_now())
    from llm_usage
    union all
    select count(*), max(occurred_at) filter (where occurred_at <= run_now())
    from http_errors
    union all
    select
        count(*),
        greatest(
            max(last_run_at) filter (where last_run_at <= run_now()),
            max(updated_at) filter (where updated_at <= run_now())
        )
    from cron_jobs
    union all
    select
        count(*),
        greatest(
            max(started_at) filter (where started_at <= run_now()),
            max(finished_at) filter (where finished_at <= run_now())
        )
    from cron_job_logs
    union all
    select count(*), max(recorded_at) filter (where recorded_at <= run_now())
    from system_metrics
),
file as (
    select *
    from sqlite_query(
        'source_file_attached',
        'select page_size, page_count, freelist_count, journal_mode
        from pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_journal_mode'
    )
)
select
    cast(null as bigint) as size_bytes,
    cast(null as bigint) as wal_bytes,
    cast(any_value(file.page_size) as bigint) as page_size,
    cast(any_value(file.page_count) as bigint) as pages,
    cast(any_value(file.freelist_count) as bigint) as free_pages,
    any_value(file.journal_mode) as journal_mode,
    count(*) as tables,
    cast(sum(facts.row_count) as bigint) as rows,
    max(facts.last_write_at) as last_write_at,
    cast(null as varchar) as integrity
from facts
cross join file
