/*
title = "Sites entering each stage"
page = "pipeline"
row = "one stage of the pipeline, in stage order"
reads = ["site_status.status", "site_status.entered_at"]
[columns]
stage = { type = "text", help = "Stage of the pipeline" }
last_24h = { type = "integer", unit = "entries", help = "Entries into it in the last 24 hours" }
previous_24h = { type = "integer", unit = "entries", help = "Entries in the 24 hours before those" }
change = { type = "number", unit = "fraction", help = "Last over previous, less 1" }
[rows.last_24h]
table = "site_status"
where = "status = $stage and entered_at > run_now() - interval 24 hours and entered_at <= run_now()"
[rows.previous_24h]
table = "site_status"
where = """
status = $stage
and entered_at > run_now() - interval 48 hours and entered_at <= run_now() - interval 24 hours"""
[rows.change]
same_as = "last_24h"
*/
with
entries as (
    select
        status as stage,
        count(*) filter (where entered_at > run_now() - interval 24 hours) as last_24h,
        count(*) filter (where entered_at <= run_now() - interval 24 hours) as previous_24h
    from site_status
    where entered_at > run_now() - interval 48 hours and entered_at <= run_now()
    group by status
),
counted as (
    select
        position,
        stage,
        coalesce(last_24h, 0) as last_24h,
        coalesce(previous_24h, 0) as previous_24h
    from pipeline_stages()
    left join entries using (stage)
)
select stage, last_24h, previous_24h, last_24h / nullif(previous_24h, 0) - 1 as change
from counted
order by position
