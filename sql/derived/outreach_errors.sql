/*
row = "the outreaches of one channel with one error, normalised, last changed in one second"
kind = "tally"
reads = ["outreaches.channel", "outreaches.error_message", "outreaches.updated_at"]
count = "errors"
*/
select channel, normalised_message(error_message) as message, updated_at as seen_at
from outreaches
where is_message(error_message)
