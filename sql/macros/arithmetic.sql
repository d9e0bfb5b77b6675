-- Aggregates whose result does not depend on the order of the rows. So two runs over the same rows
-- store the same bytes, however DuckDB splits the work among threads.
-- Values below 1e9 are small: each is rounded to 18 decimal places, and they are summed without error.
-- Large values do not all fit into that type, so they are summed as doubles, in order of size.

create or replace macro small(x) as case when abs(x) < 1e9 then x::decimal(38, 18) else 0 end;

create or replace macro large(x) as case when abs(x) >= 1e9 then x end;

-- A value below 1, rounded to the same places in a type that is summed several times as fast; others are null.
create or replace macro fraction(x) as case when abs(x) < 1 then x::decimal(18, 18) end;

create or replace macro exact_sum(x) as
    coalesce(sum(case when abs(x) < 1e9 then x::decimal(38, 18) end)::double, 0)
    + coalesce(list_sum(list(x order by x) filter (where abs(x) >= 1e9)), 0);

create or replace macro exact_mean(x) as
    case when count(x) > 0 then exact_sum(x) / count(x) end;

-- The exact sum of values that `small` and `large` have split; some small ones may be summed already.
create or replace macro sum_of_parts(small_sums, large_values) as
    coalesce(sum(small_sums)::double, 0)
    + coalesce(list_sum(list(large_values order by large_values) filter (where large_values is not null)), 0);

-- The same in two steps: the first sums the small parts and lists the large values.
create or replace macro present_values(large_values) as
    list(large_values) filter (where large_values is not null);

create or replace macro sum_of_listed_parts(small_sums, lists_of_large_values) as
    coalesce(sum(small_sums)::double, 0)
    + coalesce(list_sum(list_sort(flatten(present_values(lists_of_large_values)))), 0);

-- The quarter hour of an instant, in UTC: the finest time that rollups keep.
create or replace macro quarter(instant) as time_bucket(interval 15 minutes, instant, timestamp '1970-01-01');

-- One number that orders rows by instant, then by id, a missing id last. Comparing it is cheaper than comparing both.
-- An id may be text: one that is a number is ordered as that number, any other has an arbitrary, fixed place.
create or replace macro place_of(instant, id) as
    epoch_us(instant)::hugeint * 18446744073709551616
    + coalesce(
        try_cast(id as bigint),
        case when id is not null then (hash(id) >> 2)::hugeint end,
        9223372036854775807
    );
