with
answered as (
    select distinct outreach_id
    from conversations
    where direction = 'inbound'
),
judged as (
    select
        outreaches.status <> 'pending' as is_approved,
        outreaches.status in ('sent', 'delivered', 'bounced') or outreaches.sent_at >= '1970' as is_sent,
        outreaches.status = 'delivered' or outreaches.delivered_at >= '1970' as is_delivered,
        answered.outreach_id is not null as is_answered
    from outreaches
    left join answered on answered.outreach_id = outreaches.id
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
steps (position, stage, outreaches) as (
    select 1, 'proposed', proposed from counted
    union all
    select 2, 'approved', approved from counted
    union all
    select 3, 'sent', sent from counted
    union all
    select 4, 'delivered', delivered from counted
    union all
    select 5, 'replied', replied from counted
)
select
    stage,
    outreaches,
    outreaches * 1.0 / nullif(lag(outreaches) over (order by position), 0) as step_rate
from steps
order by position
