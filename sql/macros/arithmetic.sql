-- Aggregates whose result does not depend on the order of the rows, to the bit, so that two
-- runs over the same rows store the same bytes however the work was split among threads.
-- Values below 1e9 are small: rounded to 18 decimal places each and added without error. Large
-- ones, which cannot all fit there, are added as doubles in the order of their size.

create or replace macro is_large(x) as coalesce(abs(x) >= 1e9, false);

create or replace macro small_sum(x) as
    coalesce(sum(case when abs(x) < 1e9 then x::decimal(38, 18) end), 0::decimal(38, 18));

create or replace macro large_values(x) as list(x) filter (where abs(x) >= 1e9);

create or replace macro exact_sum(x) as
    coalesce(sum(case when abs(x) < 1e9 then x::decimal(38, 18) end)::double, 0)
    + coalesce(list_sum(list(x order by x) filter (where abs(x) >= 1e9)), 0);

create or replace macro exact_mean(x) as
    case when count(x) > 0 then exact_sum(x) / count(x) end;

-- The exact sum of all that some rows hold small sums and large values of.
create or replace macro sum_of_parts(small, large) as
    coalesce(sum(small)::double, 0)
    + coalesce(list_sum(list_sort(flatten(list(large) filter (where large is not null)))), 0);

-- The quarter of an hour, in UTC, that an instant lies in: tallies keep times no finer.
create or replace macro quarter(instant) as time_bucket(interval 15 minutes, instant, timestamp '1970-01-01');
