-- Creates the table that keeps the colours of names that the schema does not know.
-- It may be run again at any time, by `dashboard migrate` or by hand:
--     sqlite3 sites.db < sql/migrations/054-create-dashboard-colours.sql
-- It touches no table of the pipeline.

pragma busy_timeout = 5000;

begin immediate;

-- One name of one category (such as channel or model), and its place in the palette, counted from 0.
-- A name gets the next place when a chart first shows it, and keeps it.
create table if not exists dashboard_colours (
    category text not null,
    name text not null,
    place integer not null,
    first_shown_at text not null,
    primary key (category, name)
) without rowid;

commit;
