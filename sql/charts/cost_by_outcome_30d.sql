/*
title = "Cost by what became of the site, 30 days"
page = "llm"
row = "one outcome: positive, replied, excluded, failing, outreach_sent, in_pipeline, no_site"
ttl_minutes = 60
range = "30d"
filters = ["model", "provider", "stage"]
reads = [
    "llm_usage.site_id", "llm_usage.cost_usd", "llm_usage.called_at", "sites.site_id", "sites.stage",
    "outreaches.outreach_id", "outreaches.site_id", "outreaches.status", "outreaches.sent_at",
    "conversations.outreach_id", "conversations.direction", "conversations.sentiment",
]
rows_with = """
with
own as (
    select list_position(
        ['positive', 'replied', 'excluded', 'failing', 'outreach_sent', 'in_pipeline', 'no_site'], $outcome
    ) as position
),
answered as (
    select site_id
    from threads
    where is_sent and is_answered and (select position from own) <= 2
    group by site_id
    having min(case when is_positive then 1 else 2 end) = (select position from own)
),
chosen as (
    select site_id, source_rowid
    from site_outcomes
    semi join answered using (site_id)
    where outcome is not null
    union all
    select site_id, source_rowid
    from site_outcomes
    anti join (
        select site_id
        from threads
        where is_sent and is_answered
    ) as replied using (site_id)
    where outcome = (select position from own)
)"""
[columns]
outcome = { type = "text", help = "What the site is now; the first that fits" }
sites = { type = "integer", unit = "sites", help = "Sites with a call in the window" }
calls = { type = "integer", unit = "calls", help = "Calls of a model" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
[rows.sites]
table = "sites"
select = """
select source_rowid
from chosen
where
    site_id in (
        select site_id
        from llm_usage
        where
            called_at >= range_start('30d') and called_at <= range_end()
            and taken('model', model) and taken('provider', provider) and taken('stage', stage)
    )"""
[[rows.calls]]
when = { outcome = ["positive", "replied", "excluded", "failing", "outreach_sent", "in_pipeline"] }
table = "llm_usage"
select = """
select source_rowid
from llm_usage
semi join chosen using (site_id)
where
    called_at >= range_start('30d') and called_at <= range_end()
    and taken('model', model) and taken('provider', provider) and taken('stage', stage)"""
[[rows.calls]]
when = { outcome = "no_site" }
table = "llm_usage"
select = """
select source_rowid
from llm_usage
anti join (
    select site_id
    from site_outcomes
    where outcome is not null
) as known using (site_id)
where
    called_at >= range_start('30d') and called_at <= range_end()
    and taken('model', model) and taken('provider', provider) and taken('stage', stage)"""
[rows.cost_usd]
same_as = "calls"
sum = "cost_usd"
*/
with
outcomes as (
    select position, outcome
    from (
        values
            (1, 'positive'),
            (2, 'replied'),
            (3, 'excluded'),
            (4, 'failing'),
            (5, 'outreach_sent'),
            (6, 'in_pipeline'),
            (7, 'no_site')
    ) as outcomes (position, outcome)
),
-- Read twice, because that takes less time than storing millions of rows in between.
calls as not materialized (
    select site_id, cost_usd
    from llm_usage
    where
        called_at >= range_start('30d')
        and called_at <= range_end()
        and taken('model', model)
        and taken('provider', provider)
        and taken('stage', stage)
),
-- Exact sums by site, and separately the costs that do not fit into the type of fractions.
spent_by_site as (
    select site_id, count(*) as calls, sum(fraction(cost_usd)) as cost_usd
    from calls
    group by site_id
),
whole as (
    select site_id, small(cost_usd) as cost_usd, large(cost_usd) as large_cost_usd
    from calls
    -- Without `abs` DuckDB leaves out all blocks that have no such cost.
    where cost_usd >= 1 or cost_usd <= -1
),
replied as (
    select site_id, min(case when is_positive then 1 else 2 end) as position
    from threads
    where is_sent and is_answered
    group by site_id
),
spent_on_sites as (
    select
        coalesce(replied.position, site_outcomes.outcome) as position,
        count(*) as sites,
        sum(spent_by_site.calls) as calls,
        sum(spent_by_site.cost_usd) as cost_usd
    from spent_by_site
    join site_outcomes on site_outcomes.site_id = spent_by_site.site_id
    left join replied on replied.site_id = spent_by_site.site_id
    where site_outcomes.outcome is not null
    group by 1
),
-- What is left of the exact sums was spent on no site.
spent as (
    select position, sites, calls, cost_usd
    from spent_on_sites
    union all
    select
        7,
        0,
        (select coalesce(sum(calls), 0) from spent_by_site) - coalesce(sum(calls), 0),
        (select coalesce(sum(cost_usd), 0) from spent_by_site) - coalesce(sum(cost_usd), 0)
    from spent_on_sites
),
-- Such costs are rare: without one no site is looked up.
bounds as (
    select min(site_id) as lowest, max(site_id) as highest
    from whole
),
whole_costs as (
    select
        coalesce(case when found.outcome is not null then answered.position end, found.outcome, 7) as position,
        sum(whole.cost_usd) as cost_usd,
        present_values(whole.large_cost_usd) as large_costs_usd
    from whole
    left join (
        select site_outcomes.site_id, site_outcomes.outcome
        from site_outcomes
        join bounds on site_outcomes.site_id between bounds.lowest and bounds.highest
        where site_outcomes.outcome is not null
    ) as found on found.site_id = whole.site_id
    left join (
        select replied.site_id, replied.position
        from replied
        join bounds on replied.site_id between bounds.lowest and bounds.highest
    ) as answered on answered.site_id = whole.site_id
    group by 1
)
select
    outcomes.outcome,
    coalesce(spent.sites, 0) as sites,
    cast(coalesce(spent.calls, 0) as bigint) as calls,
    cast(coalesce(spent.cost_usd, 0) + coalesce(whole_costs.cost_usd, 0) as double)
    + coalesce(list_sum(list_sort(whole_costs.large_costs_usd)), 0) as cost_usd
from outcomes
left join spent on spent.position = outcomes.position
left join whole_costs on whole_costs.position = outcomes.position
order by outcomes.position
