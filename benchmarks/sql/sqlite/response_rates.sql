with
answered as (
    select outreach_id, max(sentiment is 'positive') as is_positive
    from conversations
    where direction = 'inbound'
    group by outreach_id
),
judged as (
    select
        outreaches.contact_method as channel,
        outreaches.status in ('sent', 'delivered', 'bounced') or outreaches.sent_at >= '1970' as is_sent,
        outreaches.status = 'delivered' or outreaches.delivered_at >= '1970' as is_delivered,
        answered.outreach_id is not null as is_answered,
        answered.is_positive
    from outreaches
    left join answered on answered.outreach_id = outreaches.id
),
counted as (
    select
        channel,
        count(*) filter (where is_sent) as sent,
        count(*) filter (where is_sent and is_delivered) as delivered,
        count(*) filter (where is_sent and is_answered) as replied,
        count(*) filter (where is_sent and is_positive) as positive
    from judged
    group by channel
)
select
    channel,
    sent,
    delivered,
    replied,
    replied * 1.0 / nullif(sent, 0) as response_rate,
    positive,
    positive * 1.0 / nullif(sent, 0) as positive_rate
from counted
order by sent desc, channel
