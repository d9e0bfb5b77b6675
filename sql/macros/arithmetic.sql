-- Aggregates whose result does not depend on the order of the rows, to the bit, so that two
-- runs over the same rows store the same bytes however the work was split among threads.

-- Values below 1e9 are rounded to 18 decimal places each and added without error; larger ones, which cannot
-- all fit there, as doubles in the order of their size.
create or replace macro exact_sum(x) as
    coalesce(sum(case when abs(x) < 1e9 then x::decimal(38, 18) end)::double, 0)
    + coalesce(list_sum(list(x order by x) filter (where abs(x) >= 1e9)), 0);

create or replace macro exact_mean(x) as
    case when count(x) > 0 then exact_sum(x) / count(x) end;
