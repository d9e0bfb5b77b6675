with
samples as (
    select
        time_bucket(interval 5 minutes, recorded_at, timestamp '1970-01-01') as "at",
        cpu_percent,
        memory_percent,
        disk_percent
    from system_metrics
    where recorded_at > run_now() - interval 24 hours and recorded_at <= run_now()
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
