-- The progress of an outreach.

create or replace macro is_sent_outreach(status, sent_at) as
    sent_at is not null or coalesce(status in ('sent', 'delivered', 'bounced'), false);

create or replace macro is_delivered_outreach(status, delivered_at) as
    delivered_at is not null or coalesce(status = 'delivered', false);

-- How urgently a message needs an answer if it is the newest of its outreach: 2 if it is positive, 1 if it is
-- any other inbound one, 0 if it is negative or outbound.
create or replace macro urgency(direction, sentiment) as
    case
        when direction = 'outbound' or sentiment = 'negative' then 0
        when sentiment = 'positive' then 2
        else 1
    end;
