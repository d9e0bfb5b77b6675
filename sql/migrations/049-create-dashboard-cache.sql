-- Creates the dashboard's own tables in the source database and registers its job.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/049-create-dashboard-cache.sql
-- It touches no table of the pipeline, save for one row of cron_jobs where that table exists.

pragma busy_timeout = 5000;

-- A name that the source lacks resolves to this database instead, so that the job's row goes
-- to cron_jobs where there is one, and otherwise away with the database.
attach ':memory:' as dashboard_fallback;

create table dashboard_fallback.cron_jobs (
    name, task_key, description, handler_type, handler_value, interval_value, interval_unit, enabled, critical
);

begin immediate;

-- One computed value: zlib-compressed JSON under the key <page>/<dataset>. Times are UTC text
-- as datetime('now') writes it; as_of is the instant the value describes.
create table if not exists dashboard_cache (
    cache_key text primary key,
    cache_value blob not null,
    as_of text not null,
    created_at text not null,
    expires_at text not null,
    raw_bytes integer not null,
    entries integer not null,
    compute_ms real
);

-- Why a dataset has no newer value: kind is failed or unavailable.
create table if not exists dashboard_problems (
    cache_key text primary key,
    kind text not null,
    reason text not null,
    happened_at text not null
);

-- One run: what it was started by, what it covered, and how it ended. A run that changed the
-- cache carries the generation it made.
create table if not exists dashboard_runs (
    id integer primary key autoincrement,
    "trigger" text not null,
    scope text not null,
    as_of text not null,
    started_at text not null,
    finished_at text not null,
    duration_ms integer not null,
    datasets integer not null,
    entries integer not null,
    status text not null,
    error text,
    generation integer
);

-- Source values that have no reading, by table and column, as of the last run that read them.
create table if not exists dashboard_unreadable (
    table_name text not null,
    column_name text not null,
    unreadable_values integer not null,
    primary key (table_name, column_name)
);

-- Single facts by name: generation (grows with every change of the cache), integrity and
-- integrity_checked_at (SQLite's quick check of the source).
create table if not exists dashboard_state (
    name text primary key,
    value text not null
);

insert into dashboard_state (name, value)
values ('generation', '0')
on conflict (name) do nothing;

-- What is changed by hand is seen by the web processes too, which keep entries in memory for
-- as long as the generation stays.
create trigger if not exists dashboard_cache_deleted
after delete on dashboard_cache
begin
    update dashboard_state set value = cast(value as integer) + 1 where name = 'generation';
end;

create trigger if not exists dashboard_cache_updated
after update on dashboard_cache
begin
    update dashboard_state set value = cast(value as integer) + 1 where name = 'generation';
end;

commit;

-- A transaction of its own: a cron_jobs that lacks one of these columns costs the job's row alone.
begin immediate;

insert into cron_jobs (
    name, task_key, description, handler_type, handler_value, interval_value, interval_unit, enabled, critical
)
select
    'Dashboard Pre-Computation',
    'precomputeDashboard',
    'Computes every dataset of the dashboard and stores it in dashboard_cache',
    'command',
    'dashboard precompute',
    10,
    'minutes',
    1,
    0
where not exists (select 1 from cron_jobs where task_key = 'precomputeDashboard');

commit;

detach dashboard_fallback;
