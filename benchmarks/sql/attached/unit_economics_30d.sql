with
spent as (
    select local_day(called_at) as day, exact_sum(cost_usd) as cost_usd
    from llm_usage
    where called_at >= days_start(30) and called_at <= run_now()
    group by 1
),
sent as (
    select local_day(sent_at) as day, count(*) as outreaches_sent
    from outreaches
    where sent_at >= days_start(30) and sent_at <= run_now()
    group by 1
),
received as (
    select
        local_day(received_at) as day,
        count(*) as replies,
        count(*) filter (where sentiment = 'positive') as positive_replies
    from conversations
    where direction = 'inbound' and received_at >= days_start(30) and received_at <= run_now()
    group by 1
)
select
    day,
    coalesce(cost_usd, 0) as cost_usd,
    coalesce(outreaches_sent, 0) as outreaches_sent,
    coalesce(replies, 0) as replies,
    coalesce(positive_replies, 0) as positive_replies
from spent
full join sent using (day)
full join received using (day)
order by day
