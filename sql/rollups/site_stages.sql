/*
row = "the sites in one stage"
kind = "aggregate"
reads = ["sites.stage"]
count = "sites"
*/
select stage
from sites
