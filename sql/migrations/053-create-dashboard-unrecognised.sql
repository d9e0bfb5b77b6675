-- Creates the table of the words in the source that its schema does not know.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/053-create-dashboard-unrecognised.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- One word of one source column and how many values have it, as of the last run that read the table; the
-- 20 most frequent of each column. Words are in lower case, cut, and free of control characters.
create table if not exists dashboard_unrecognised (
    table_name text not null,
    column_name text not null,
    word text not null,
    unrecognised_values integer not null,
    primary key (table_name, column_name, word)
);

commit;
