/*
label = "Machine load"
[columns]
sample_id = { label = "Sample", type = "integer" }
recorded_at = { label = "Time", type = "instant" }
cpu_percent = { label = "Processor", type = "number", unit = "%" }
memory_percent = { label = "Memory", type = "number", unit = "%" }
disk_percent = { label = "Disk", type = "number", unit = "%" }
*/
select
    source_rowid,
    sample_id,
    recorded_at,
    cpu_percent,
    memory_percent,
    disk_percent
from system_metrics
