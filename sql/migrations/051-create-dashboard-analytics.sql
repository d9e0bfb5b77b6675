-- Creates the tables that tell how well the cache does its work, and what a run has seen of the source.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/051-create-dashboard-analytics.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- How reads of an entry ended, by the hour they began in (UTC text, to the hour): outcome is memory,
-- cache, stale, miss or error; cause says what a miss comes from and is empty for the other outcomes.
-- duration_bucket is 4 × log2 of the microseconds a read took, total_us what the reads took together.
create table if not exists dashboard_cache_reads (
    cache_key text not null,
    hour text not null,
    outcome text not null,
    cause text not null,
    duration_bucket integer not null,
    reads integer not null,
    total_us integer not null,
    primary key (cache_key, hour, outcome, cause, duration_bucket)
) without rowid;

-- What was spent on an entry, by the hour it was stored in; changed counts the times that the value
-- differed from the one before.
create table if not exists dashboard_cache_writes (
    cache_key text not null,
    hour text not null,
    computations integer not null,
    changed integer not null,
    compute_us integer not null,
    primary key (cache_key, hour)
) without rowid;

-- The newest row of each source table that a run has seen; stored_at is the created_at of its
-- entries, seen_at is before the run looked at the source.
create table if not exists dashboard_source_marks (
    stored_at text not null,
    table_name text not null,
    last_id integer not null,
    seen_at text not null,
    primary key (stored_at, table_name)
) without rowid;

-- Two states of the cache that have one generation, as after a backup was put back, differ by this mark.
insert into dashboard_state (name, value)
values ('generation_mark', lower(hex(randomblob(8))))
on conflict (name) do nothing;

create trigger if not exists dashboard_generation_marked
after update on dashboard_state
when new.name = 'generation'
begin
    update dashboard_state set value = lower(hex(randomblob(8))) where name = 'generation_mark';
end;

commit;
