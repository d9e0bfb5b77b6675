/*
title = "Cost by what became of the site, 30 days"
page = "llm"
row = "one outcome: positive, replied, excluded, failing, outreach_sent, in_pipeline, no_site"
ttl_minutes = 60
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
    where called_at >= days_start(30) and called_at <= run_now()
),
replies as (
    select outreach_id, coalesce(bool_or(sentiment = 'positive'), false) as is_positive
    from conversations
    where direction = 'inbound'
    group by outreach_id
),
replied as (
    select outreaches.site_id, min(case when replies.is_positive then 1 else 2 end) as position
    from outreaches
    join replies using (outreach_id)
    where is_sent_outreach(outreaches.status, outreaches.sent_at)
    group by outreaches.site_id
),
called as (
    select
        sites.site_id,
        min(coalesce(
            replied.position,
            case sites.stage when 'excluded' then 3 when 'failing' then 4 when 'outreach_sent' then 5 else 6 end
        )) as position
    from sites
    semi join calls on calls.site_id = sites.site_id
    left join replied on replied.site_id = sites.site_id
    group by sites.site_id
),
spent as (
    select
        coalesce(called.position, 7) as position,
        count(distinct called.site_id) as sites,
        count(*) as calls,
        exact_sum(calls.cost_usd) as cost_usd
    from calls
    left join called on called.site_id = calls.site_id
    group by 1
)
select
    outcomes.outcome,
    coalesce(spent.sites, 0) as sites,
    coalesce(spent.calls, 0) as calls,
    coalesce(spent.cost_usd, 0) as cost_usd
from outcomes
left join spent using (position)
order by outcomes.position
