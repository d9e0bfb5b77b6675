with
answered as (
    select distinct outreach_id
    from conversations
    where direction = 'inbound' and outreach_id is not null
),
judged as (
    select
        outreaches.status is distinct from 'pending' as is_approved,
        outreaches.sent_at is not null
        or coalesce(outreaches.status in ('sent', 'delivered', 'bounced'), false) as is_sent,
        outreaches.delivered_at is not null
        or coalesce(outreaches.status = 'delivered', false) as is_delivered,
        answered.outreach_id is not null as is_answered
    from outreaches
    left join answered using (outreach_id)
),
counted as (
    select
        count(*) as proposed,
        count(*) filter (where is_approved) as approved,
        count(*) filter (where is_sent) as sent,
        count(*) filter (where is_delivered) as delivered,
        count(*) filter (where is_sent and is_answered) as replied
    from judged
),
steps as (
    select 1 as position, 'proposed' as stage, proposed as outreaches from counted
    union all
    select 2, 'approved', approved from counted
    union all
    select 3, 'sent', sent from counted
    union all
    select 4, 'delivered', delivered from counted
    union all
    select 5, 'replied', replied from counted
)
select stage, outreaches, outreaches / nullif(lag(outreaches) over (order by position), 0) as step_rate
from steps
order by position
