/*
row = "the sites in one stage"
kind = "tally"
reads = ["sites.stage"]
count = "sites"
*/
select stage
from sites
