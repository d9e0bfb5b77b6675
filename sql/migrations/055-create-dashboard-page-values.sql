-- Creates the table of the small values that pages get of datasets with many rows.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/055-create-dashboard-page-values.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- What pages get of one entry of dashboard_cache: page_value is zlib-compressed JSON of the same columns,
-- null if pages get the entry's own value. value_digest is that of the entry's cache_value: a row whose
-- digest is another belongs to a value that is gone, and is not read. rows_found is the number of rows
-- that the dataset has, more than the entry holds if it was cut.
create table if not exists dashboard_page_values (
    cache_key text primary key,
    value_digest text not null,
    page_value blob,
    raw_bytes integer not null,
    entries integer not null,
    rows_found integer not null
);

commit;
