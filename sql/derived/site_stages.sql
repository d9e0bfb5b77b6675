/*
row = "the sites in one stage"
kind = "tally"
reads = ["sites.stage"]
sums = ["sites"]
*/
select stage, count(*) as sites
from sites
group by all
