with
samples as (
    select
        strftime('%s', substr(recorded_at, 1, 19)) / 300 * 300 as at,
        cpu_percent,
        memory_percent,
        disk_percent
    from system_metrics
    where recorded_at >= substr(:ago_24h, 1, 10) and recorded_at < :tomorrow
        and replace(substr(recorded_at, 1, 19), 'T', ' ') > :ago_24h
        and replace(substr(recorded_at, 1, 19), 'T', ' ') <= :now
)
select
    strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') as at,
    avg(cpu_percent) as cpu_percent,
    avg(memory_percent) as memory_percent,
    avg(disk_percent) as disk_percent,
    max(cpu_percent) as cpu_percent_max
from samples
group by samples.at
order by samples.at
