with
occupied as (
    select stage, count(*) as sites
    from sites
    group by stage
),
counted as (
    select position, stage, coalesce(sites, 0) as sites
    from pipeline_stages()
    left join occupied using (stage)
),
reached as (
    select position, stage, sites, cast(sum(sites) over (order by position desc) as bigint) as reached
    from counted
)
select stage, sites, reached, reached / nullif(lag(reached) over (order by position), 0) as step_rate
from reached
order by position
