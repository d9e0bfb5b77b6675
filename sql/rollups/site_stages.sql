/*
row = "the sites of one country in one stage"
kind = "aggregate"
reads = ["sites.stage", "sites.country"]
count = "sites"
*/
select stage, country
from sites
