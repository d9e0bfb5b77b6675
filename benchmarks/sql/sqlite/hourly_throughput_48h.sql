with recursive
hours (hour) as (
    values (:hour_48)
    union all
    select datetime(hour, '+1 hour') from hours where datetime(hour, '+1 hour') <= :now
),
entered as (
    select
        replace(substr(created_at, 1, 13), 'T', ' ') || ':00:00' as hour,
        count(distinct site_id) as sites
    from site_status
    where created_at >= substr(:hour_48, 1, 10) and created_at < :tomorrow
        and replace(substr(created_at, 1, 19), 'T', ' ') >= :hour_48
        and replace(substr(created_at, 1, 19), 'T', ' ') <= :now
    group by 1
),
-- What was sent since then was updated since then, and updated_at has an index.
sent as (
    select replace(substr(sent_at, 1, 13), 'T', ' ') || ':00:00' as hour, count(*) as outreaches_sent
    from outreaches
    where updated_at >= substr(:hour_48, 1, 10)
        and replace(substr(sent_at, 1, 19), 'T', ' ') >= :hour_48
        and replace(substr(sent_at, 1, 19), 'T', ' ') <= :now
    group by 1
),
received as (
    select replace(substr(received_at, 1, 13), 'T', ' ') || ':00:00' as hour, count(*) as replies
    from conversations
    where direction = 'inbound'
        and received_at >= substr(:hour_48, 1, 10) and received_at < :tomorrow
        and replace(substr(received_at, 1, 19), 'T', ' ') >= :hour_48
        and replace(substr(received_at, 1, 19), 'T', ' ') <= :now
    group by 1
)
select
    strftime('%Y-%m-%dT%H:%M:%SZ', hours.hour) as hour,
    coalesce(entered.sites, 0) as sites,
    coalesce(sent.outreaches_sent, 0) as outreaches_sent,
    coalesce(received.replies, 0) as replies
from hours
left join entered on entered.hour = hours.hour
left join sent on sent.hour = hours.hour
left join received on received.hour = hours.hour
order by hours.hour
