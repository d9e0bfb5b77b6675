with
entered as (
    select local_hour(entered_at) as hour, count(distinct site_id) as sites
    from site_status
    where entered_at >= hours_start(48) and entered_at <= run_now()
    group by 1
),
sent as (
    select local_hour(sent_at) as hour, count(*) as outreaches_sent
    from outreaches
    where sent_at >= hours_start(48) and sent_at <= run_now()
    group by 1
),
received as (
    select local_hour(received_at) as hour, count(*) as replies
    from conversations
    where direction = 'inbound' and received_at >= hours_start(48) and received_at <= run_now()
    group by 1
)
select
    hour,
    coalesce(sites, 0) as sites,
    coalesce(outreaches_sent, 0) as outreaches_sent,
    coalesce(replies, 0) as replies
from entered
full join sent using (hour)
full join received using (hour)
order by hour
