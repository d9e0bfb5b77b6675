-- Creates the table that says what each cache entry was computed with, and from which state of the source.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/052-create-dashboard-origins.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- One cache entry: created_at is that of the entry the row belongs to, so that a row left by another entry
-- says nothing about this one. fingerprint is a digest of what shapes the value: the time zone, the
-- dataset's SQL and that of all it reads, the program, which are also stored by themselves. seen_at is
-- the clock just before the run's snapshot of the source, run_id the run's row of dashboard_runs, null
-- for an entry that was stored before its run had ended.
create table if not exists dashboard_origins (
    cache_key text primary key,
    created_at text not null,
    fingerprint text not null,
    time_zone text not null,
    program text not null,
    run_id integer,
    seen_at text not null
);

commit;
