with
totals as (
    select
        count(name) as tables,
        cast(coalesce(sum(rows), 0) as bigint) as rows,
        max(last_write_at) as last_write_at
    from source_tables
)
select
    source_file.size_bytes,
    source_file.wal_bytes,
    source_file.page_size,
    source_file.pages,
    source_file.free_pages,
    source_file.journal_mode,
    totals.tables,
    totals.rows,
    totals.last_write_at,
    source_file.integrity
from source_file
cross join totals
