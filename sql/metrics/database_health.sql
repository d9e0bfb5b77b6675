/*
title = "Source database"
page = "system"
row = "the source database"
reads = [
    "source_file.size_bytes", "source_file.wal_bytes", "source_file.page_size", "source_file.pages",
    "source_file.free_pages", "source_file.journal_mode", "source_file.integrity",
    "source_tables.name", "source_tables.rows", "source_tables.last_write_at",
]
[columns]
size_bytes = { type = "integer", unit = "bytes", help = "Size of the database file" }
wal_bytes = { type = "integer", unit = "bytes", help = "Size of its write-ahead log" }
page_size = { type = "integer", unit = "bytes", help = "Size of one page" }
pages = { type = "integer", unit = "pages", help = "Pages in the file" }
free_pages = { type = "integer", unit = "pages", help = "Pages that hold nothing" }
journal_mode = { type = "text", help = "How SQLite keeps its journal" }
tables = { type = "integer", unit = "tables", help = "Source tables present" }
rows = { type = "integer", unit = "rows", help = "Rows in them" }
last_write_at = { type = "instant", help = "Newest timestamp in a source table" }
integrity = { type = "text", help = "ok, or the first finding of SQLite's quick check" }
*/
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
