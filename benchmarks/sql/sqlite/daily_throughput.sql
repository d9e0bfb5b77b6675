with
stages (position, stage) as (
    values
        (1, 'found'),
        (2, 'assets_captured'),
        (3, 'scored'),
        (4, 'rescored'),
        (5, 'enriched'),
        (6, 'proposals_drafted'),
        (7, 'outreach_partial'),
        (8, 'outreach_sent')
),
entries as (
    select
        status as stage,
        count(*) filter (where replace(substr(created_at, 1, 19), 'T', ' ') > :ago_24h) as last_24h,
        count(*) filter (where replace(substr(created_at, 1, 19), 'T', ' ') <= :ago_24h) as previous_24h
    from site_status
    where created_at >= substr(:ago_48h, 1, 10) and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') > :ago_48h
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by status
)
select
    stages.stage,
    coalesce(entries.last_24h, 0) as last_24h,
    coalesce(entries.previous_24h, 0) as previous_24h,
    entries.last_24h * 1.0 / nullif(entries.previous_24h, 0) - 1 as change
from stages
left join entries on entries.stage = stages.stage
order by stages.position
