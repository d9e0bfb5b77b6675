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
[columns]
outcome = { type = "text", help = "What the site is now; the first that fits" }
sites = { type = "integer", unit = "sites", help = "Sites with a call in the window" }
calls = { type = "integer", unit = "calls", help = "Calls of a model" }
cost_usd = { type = "number", unit = "USD", help = "Estimated cost" }
[rows.sites]
table = "sites"
select = """
with
replied as (
    select site_id, bool_or(is_positive) as is_positive
    from threads
    where is_sent and is_answered
    group by site_id
)
select sites.source_rowid
from sites
left join replied on replied.site_id = sites.site_id
where
    sites.site_id in (
        select site_id
        from llm_usage
        where
            called_at >= range_start('30d') and called_at <= range_end()
            and taken('model', model) and taken('provider', provider) and taken('stage', stage)
    )
    and $outcome = case
        when replied.is_positive then 'positive'
        when replied.site_id is not null then 'replied'
        when sites.stage in ('excluded', 'failing', 'outreach_sent') then sites.stage
        else 'in_pipeline'
    end"""
[rows.calls]
table = "llm_usage"
select = """
with
replied as (
    select site_id, bool_or(is_positive) as is_positive
    from threads
    where is_sent and is_answered
    group by site_id
),
outcomes as (
    select
        sites.site_id,
        case
            when replied.is_positive then 'positive'
            when replied.site_id is not null then 'replied'
            when sites.stage in ('excluded', 'failing', 'outreach_sent') then sites.stage
            else 'in_pipeline'
        end as outcome
    from sites
    left join replied on replied.site_id = sites.site_id
)
select source_rowid
from llm_usage
left join outcomes using (site_id)
where
    called_at >= range_start('30d') and called_at <= range_end()
    and taken('model', model) and taken('provider', provider) and taken('stage', stage)
    and coalesce(outcome, 'no_site') = $outcome"""
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
calls as (
    select site_id, cost_usd
    from llm_usage
    where
        called_at >= range_start('30d')
        and called_at <= range_end()
        and taken('model', model)
        and taken('provider', provider)
        and taken('stage', stage)
),
-- Exact sums by site, and separately the costs that are too large for them.
spent_by_site as (
    select site_id, count(*) as calls, sum(small(cost_usd)) as cost_usd
    from calls
    group by site_id
),
large as (
    select site_id, cost_usd
    from calls
    where abs(cost_usd) >= 1e9
),
replied as (
    select site_id, min(case when is_positive then 1 else 2 end) as position
    from threads
    where is_sent and is_answered
    group by site_id
),
called as (
    select
        sites.site_id,
        min(coalesce(
            replied.position,
            case sites.stage when 'excluded' then 3 when 'failing' then 4 when 'outreach_sent' then 5 else 6 end
        )) as position
    from sites
    semi join spent_by_site on spent_by_site.site_id = sites.site_id
    left join replied on replied.site_id = sites.site_id
    group by sites.site_id
),
large_costs as (
    select coalesce(called.position, 7) as position, list(large.cost_usd) as costs_usd
    from large
    left join called on called.site_id = large.site_id
    group by 1
),
spent as (
    select
        coalesce(called.position, 7) as position,
        count(called.site_id) as sites,
        cast(sum(spent_by_site.calls) as bigint) as calls,
        sum(spent_by_site.cost_usd)::double as cost_usd
    from spent_by_site
    left join called on called.site_id = spent_by_site.site_id
    group by 1
)
select
    outcomes.outcome,
    coalesce(spent.sites, 0) as sites,
    coalesce(spent.calls, 0) as calls,
    coalesce(spent.cost_usd, 0) + coalesce(list_sum(list_sort(large_costs.costs_usd)), 0) as cost_usd
from outcomes
left join spent on spent.position = outcomes.position
left join large_costs on large_costs.position = outcomes.position
order by outcomes.position
