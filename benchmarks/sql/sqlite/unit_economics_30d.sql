with recursive
days (day) as (
    values (:day_30)
    union all
    select date(day, '+1 day') from days where day < :today
),
spent as (
    select substr(created_at, 1, 10) as day, sum(estimated_cost) as cost_usd
    from llm_usage
    where created_at >= :day_30 and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by 1
),
-- What was sent since then was updated since then, and updated_at has an index.
sent as (
    select substr(sent_at, 1, 10) as day, count(*) as outreaches_sent
    from outreaches
    where updated_at >= :day_30
        and sent_at >= :day_30 and replace(substr(sent_at, 1, 19), 'T', ' ') <= :now
    group by 1
),
received as (
    select
        substr(received_at, 1, 10) as day,
        count(*) as replies,
        count(*) filter (where sentiment = 'positive') as positive_replies
    from conversations
    where direction = 'inbound'
        and received_at >= :day_30 and received_at < :tomorrow
        and replace(substr(received_at, 1, 19), 'T', ' ') <= :now
    group by 1
)
select
    days.day,
    coalesce(spent.cost_usd, 0) as cost_usd,
    coalesce(sent.outreaches_sent, 0) as outreaches_sent,
    coalesce(received.replies, 0) as replies,
    coalesce(received.positive_replies, 0) as positive_replies
from days
left join spent on spent.day = days.day
left join sent on sent.day = days.day
left join received on received.day = days.day
order by days.day
