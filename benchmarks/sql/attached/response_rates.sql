with
answered as (
    select outreach_id, coalesce(bool_or(sentiment = 'positive'), false) as is_positive
    from conversations
    where direction = 'inbound' and outreach_id is not null
    group by outreach_id
),
judged as (
    select
        outreaches.channel,
        outreaches.sent_at is not null
        or coalesce(outreaches.status in ('sent', 'delivered', 'bounced'), false) as is_sent,
        outreaches.delivered_at is not null
        or coalesce(outreaches.status = 'delivered', false) as is_delivered,
        answered.outreach_id is not null as is_answered,
        coalesce(answered.is_positive, false) as is_positive
    from outreaches
    left join answered using (outreach_id)
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
    replied / nullif(sent, 0) as response_rate,
    positive,
    positive / nullif(sent, 0) as positive_rate
from counted
order by sent desc, channel nulls last
