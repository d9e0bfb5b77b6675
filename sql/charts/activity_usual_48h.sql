/*
title = "Usual activity by hour, 48 hours"
page = "overview"
row = "one hour of the last 48"
range = "48h"
reads = ["site_status.site_id", "site_status.entered_at"]
[columns]
hour = { type = "instant", help = "Start of the hour" }
sites_q25 = { type = "integer", unit = "sites", help = "A quarter of the same hours of the 28 days before had no more" }
sites_median = { type = "integer", unit = "sites", help = "Half of the same hours of the 28 days before had no more" }
sites_q75 = { type = "integer", unit = "sites", help = "Three quarters of the same hours of the 28 days before had no more" }
*/
with
-- A quarter of an hour begins in each local hour. Hours that begin before the oldest entry are no history.
hours as (
    select distinct local_hour(quarter) as hour
    from (select unnest(generate_series(range_start('48h') - interval 30 days, range_end(), interval 15 minutes)) as quarter)
),
-- A site that enters several statuses in one hour counts once: its later entries are taken off again.
entries as (
    select local_hour(entered_at) as hour, sum(entries) as entries
    from site_entries_between(quarter(range_start('48h') - interval 30 days), range_end())
    group by 1
),
repeats as (
    select local_hour(entered_at) as hour, count(*) as repeats
    from repeated_entries
    where
        entered_at >= range_start('48h') - interval 30 days
        and entered_at <= range_end()
        and local_hour(previous_entered_at) = local_hour(entered_at)
    group by 1
),
counted as (
    select
        hours.hour,
        local_day(hours.hour) as day,
        hour(local_time(hours.hour)) as hour_of_day,
        cast(coalesce(entries.entries, 0) - coalesce(repeats.repeats, 0) as bigint) as sites
    from hours
    left join entries using (hour)
    left join repeats using (hour)
),
shown as (
    select hour, day, hour_of_day
    from counted
    where hour >= range_start('48h')
),
earlier as (
    select day, hour_of_day, sites
    from counted
    where hour >= (select min(entered_at) from site_status)
)
select
    shown.hour,
    quantile_disc(earlier.sites, 0.25) as sites_q25,
    quantile_disc(earlier.sites, 0.5) as sites_median,
    quantile_disc(earlier.sites, 0.75) as sites_q75
from shown
left join earlier
    on earlier.hour_of_day = shown.hour_of_day and earlier.day < shown.day and earlier.day >= shown.day - 28
group by shown.hour
order by shown.hour
