-- Creates the table that says when each selected value was last asked for: one with a range or a filter.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/056-create-dashboard-selections.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- cache_key is that of dashboard_cache: the key of a dataset, ?, and what is selected of it. asked_at is UTC text.
-- A value that nobody asks for is dropped, with all that the dashboard's tables hold about it.
create table if not exists dashboard_selections (
    cache_key text primary key,
    asked_at text not null
);

commit;
