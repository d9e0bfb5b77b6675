/*
row = "one sample of the machine's load, taken each minute"
key = "sample_id"
sync = "append"
*/
select
    read_id(id) as sample_id,
    read_number(cpu_percent) as cpu_percent,
    read_number(memory_percent) as memory_percent,
    read_number(disk_percent) as disk_percent,
    read_instant(recorded_at) as recorded_at
from source.system_metrics
