/*
row = "the sites of one stage with one error, normalised, last changed in one second"
kind = "tally"
reads = ["sites.stage", "sites.error_message", "sites.updated_at"]
count = "errors"
*/
select stage, normalised_message(error_message) as message, updated_at as seen_at
from sites
where is_message(error_message)
