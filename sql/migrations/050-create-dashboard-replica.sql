-- Creates the table that tells how each source table stands in the dashboard's replica.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/050-create-dashboard-replica.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- One source table: how it is synced (append, incremental or full), since when every row
-- has been compared with the source, which share of them in the pass under way, and how many
-- were found different and repaired, in all. Times are UTC text as datetime('now') writes it.
create table if not exists dashboard_replica (
    table_name text primary key,
    kept text not null,
    rows integer not null,
    proved_at text,
    covered real not null,
    repaired integer not null,
    repaired_at text
);

commit;
