-- How far an outreach has come.

create or replace macro is_sent_outreach(status, sent_at) as
    sent_at is not null or coalesce(status in ('sent', 'delivered', 'bounced'), false);

create or replace macro is_delivered_outreach(status, delivered_at) as
    delivered_at is not null or coalesce(status = 'delivered', false);
