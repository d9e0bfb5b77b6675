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
occupied as (
    select status as stage, count(*) as sites
    from sites
    group by status
),
counted as (
    select stages.position, stages.stage, coalesce(occupied.sites, 0) as sites
    from stages
    left join occupied on occupied.stage = stages.stage
),
reached as (
    select position, stage, sites, sum(sites) over (order by position desc) as reached
    from counted
)
select
    stage,
    sites,
    reached,
    reached * 1.0 / nullif(lag(reached) over (order by position), 0) as step_rate
from reached
order by position
