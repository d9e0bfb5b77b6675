-- The part of the last 336 hours that an instant belongs to: 1 is the last 24 hours, 2 the 24 hours before
-- them, 3 the rest of the last 168 hours, 4 the 168 hours before those.
create or replace macro stretch(instant, until) as
    case
        when instant > until - interval 24 hours then 1
        when instant > until - interval 48 hours then 2
        when instant > until - interval 168 hours then 3
        else 4
    end;

-- Whether an instant is on a local day. The bounds let DuckDB skip the rows that are days away.
create or replace macro is_on(instant, day) as
    instant >= day - interval 24 hours and instant < day + interval 48 hours and local_day(instant) = day;
