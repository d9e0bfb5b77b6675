/*
row = "the messages of one direction and sentiment, read or unread"
kind = "tally"
reads = ["conversations.direction", "conversations.sentiment", "conversations.is_read"]
sums = ["messages"]
*/
select direction, sentiment, is_read, count(*) as messages
from conversations
group by all
