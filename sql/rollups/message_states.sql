/*
row = "the messages of one direction and sentiment, read or unread"
kind = "aggregate"
reads = ["conversations.direction", "conversations.sentiment", "conversations.is_read"]
count = "messages"
*/
select direction, sentiment, is_read
from conversations
