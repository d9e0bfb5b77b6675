-- Aggregates whose result does not depend on the order of the rows, to the bit, so that two
-- runs over the same rows store the same bytes however the work was split among threads.
-- Values below 1e9 are small: rounded to 18 decimal places each and added without error. Large
-- ones, which cannot all fit there, are added as doubles in the order of their size.

create or replace macro small(x) as case when abs(x) < 1e9 then x::decimal(38, 18) else 0 end;

create or replace macro large(x) as case when abs(x) >= 1e9 then x end;

create or replace macro exact_sum(x) as
    coalesce(sum(case when abs(x) < 1e9 then x::decimal(38, 18) end)::double, 0)
    + coalesce(list_sum(list(x order by x) filter (where abs(x) >= 1e9)), 0);

create or replace macro exact_mean(x) as
    case when count(x) > 0 then exact_sum(x) / count(x) end;

-- The exact sum of values that have been taken apart by the two above, small ones in part added up.
create or replace macro sum_of_parts(small_sums, large_values) as
    coalesce(sum(small_sums)::double, 0)
    + coalesce(list_sum(list(large_values order by large_values) filter (where large_values is not null)), 0);

-- The same in two steps: the first adds up the small sums and lists the large values.
create or replace macro present_values(large_values) as
    list(large_values) filter (where large_values is not null);

create or replace macro sum_of_listed_parts(small_sums, lists_of_large_values) as
    coalesce(sum(small_sums)::double, 0)
    + coalesce(list_sum(list_sort(flatten(present_values(lists_of_large_values)))), 0);

-- The quarter of an hour, in UTC, that an instant lies in: rollups keep times no finer than this.
create or replace macro quarter(instant) as time_bucket(interval 15 minutes, instant, timestamp '1970-01-01');

-- One number that orders rows by instant, then by id, a missing id last: cheaper to compare than the two.
create or replace macro place_of(instant, id) as
    epoch_us(instant)::hugeint * 18446744073709551616 + coalesce(id, 9223372036854775807);
