/*
title = "Machine load, 24 hours"
page = "system"
row = "five minutes with a sample, in order"
range = "24h"
reads = [
    "system_metrics.cpu_percent", "system_metrics.memory_percent", "system_metrics.disk_percent",
    "system_metrics.recorded_at",
]
[columns]
at = { type = "instant", help = "Start of the five minutes" }
cpu_percent = { type = "number", unit = "%", help = "Mean processor load" }
memory_percent = { type = "number", unit = "%", help = "Mean memory in use" }
disk_percent = { type = "number", unit = "%", help = "Mean disk space in use" }
cpu_percent_max = { type = "number", unit = "%", help = "Highest processor load" }
[rows.cpu_percent]
table = "system_metrics"
where = """
recorded_at >= range_start('24h') and recorded_at <= range_end()
and time_bucket(interval 5 minutes, recorded_at, timestamp '1970-01-01') = $at"""
counted = false
[rows.memory_percent]
same_as = "cpu_percent"
[rows.disk_percent]
same_as = "cpu_percent"
[rows.cpu_percent_max]
same_as = "cpu_percent"
*/
with
samples as (
    select
        time_bucket(interval 5 minutes, recorded_at, timestamp '1970-01-01') as "at",
        cpu_percent,
        memory_percent,
        disk_percent
    from system_metrics
    where recorded_at >= range_start('24h') and recorded_at <= range_end()
)
select
    "at",
    exact_mean(cpu_percent) as cpu_percent,
    exact_mean(memory_percent) as memory_percent,
    exact_mean(disk_percent) as disk_percent,
    max(cpu_percent) as cpu_percent_max
from samples
group by "at"
order by "at"
