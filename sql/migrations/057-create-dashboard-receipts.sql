-- Creates the tables that say what the runs read whose values are in the cache.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/057-create-dashboard-receipts.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- One source table as one run found it: its rows, since when every one of them has been compared with the
-- source, and which share of them in the pass under way. Times are UTC text as datetime('now') writes it.
-- Rows of a run go when no value in the cache is of that run any more.
create table if not exists dashboard_run_tables (
    run_id integer not null,
    table_name text not null,
    row_count integer not null,
    verified_at text,
    covered real not null,
    primary key (run_id, table_name)
);

-- The values of one source column that a run left out, because they could not be read, or because their word
-- is not one that the schema knows.
create table if not exists dashboard_run_left_out (
    run_id integer not null,
    table_name text not null,
    column_name text not null,
    unreadable_values integer not null,
    unrecognised_values integer not null,
    primary key (run_id, table_name, column_name)
);

commit;
