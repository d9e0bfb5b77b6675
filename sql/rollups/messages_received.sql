/*
row = "the messages of one direction and sentiment within one quarter of an hour"
kind = "aggregate"
reads = ["conversations.direction", "conversations.sentiment", "conversations.received_at"]
count = "messages"
time = "received_at"
*/
select quarter(received_at) as received_at, direction, sentiment
from conversations
where received_at is not null
